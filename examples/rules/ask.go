package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// mostRequest is the longest line that ask reads.
const mostRequest = 1 << 20

// ask answers for the rules: it writes their name, and then for each request, a
// line of JSON, its anomaly score and 1 for an alarm or 0. So the evasion suite
// of examples/train attacks them as it attacks the model.
func ask(in io.Reader, out io.Writer, d *rules) error {
	if _, err := fmt.Fprintln(out, d); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, mostRequest)
	for n := 1; lines.Scan(); n++ {
		var r request
		if err := json.NewDecoder(bytes.NewReader(lines.Bytes())).Decode(&r); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if len(r.Headers) == 0 {
			r.Headers = plain()
		}
		score, err := d.score(&r)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		alarm := 0
		if score >= anomalyThreshold {
			alarm = 1
		}
		if _, err := fmt.Fprintln(out, score, alarm); err != nil {
			return err
		}
	}
	return lines.Err()
}
