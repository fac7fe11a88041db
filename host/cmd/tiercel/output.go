package main

import (
	"fmt"
	"io"
	"os"

	"github.com/tiercel/tiercel/host/internal/input"
)

// output is where a command's data go.
type output struct {
	io.Writer
	file *os.File // nil for standard output
}

// createOutput opens the file of -o, or returns standard output for "". It
// refuses to write over one of the inputs. What the file holds is kept where
// the run goes on from an earlier one.
func createOutput(stdout io.Writer, name string, inputs []string, keep bool) (*output, error) {
	if name == "" || name == "-" {
		return &output{Writer: stdout}, nil
	}
	if target, err := os.Stat(name); err == nil {
		for _, in := range inputs {
			if in == input.Stdin {
				continue
			}
			if info, err := os.Stat(in); err == nil && os.SameFile(info, target) {
				return nil, fmt.Errorf("-o %s: is one of the inputs", name)
			}
		}
	}
	mode := os.O_RDWR | os.O_CREATE | os.O_TRUNC
	if keep {
		mode = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	f, err := os.OpenFile(name, mode, 0o666)
	if err != nil {
		return nil, err
	}
	return &output{Writer: f, file: f}, nil
}

// Close reports what the operating system could not write.
func (o *output) Close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}
