// Rules runs a rules engine, Coraza with the OWASP Core Rule Set, and tiercel
// side by side on the same HTTP requests and prints a table: what each finds,
// how often it cries wolf, and how fast it is.
//
//	cd examples/rules
//	go run .                # a small set that is built in
//	go run . -data FOLDER   # the test parts of labelled sets
//	go run . -ask           # requests in, scores out: see ask
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	data := flag.String("data", "", "folder of labelled sets; none means the built-in one")
	limit := flag.Int("limit", 0, "at most so many requests of each set, evenly drawn; 0 means all")
	paranoia := flag.Int("paranoia", 1, "paranoia level of the Core Rule Set, 1 to 4")
	answer := flag.Bool("ask", false, "read requests, a JSON object a line, and write the rules' score and alarm of each")
	flag.Parse()
	do := func() error { return run(os.Stdout, *data, *limit, *paranoia) }
	if *answer {
		do = func() error {
			rules, err := newRules(*paranoia)
			if err != nil {
				return err
			}
			return ask(os.Stdin, os.Stdout, rules)
		}
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "rules:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, data string, limit, paranoia int) error {
	sets, err := setsOf(data)
	if err != nil {
		return err
	}
	rules, err := newRules(paranoia)
	if err != nil {
		return err
	}
	engine, err := newEngine()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "| set | normal / attacks | detector | recall | false alarms | AUROC | recall at 0.1 % false alarms | requests per CPU second |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, s := range sets {
		s.draw(limit)
		for _, d := range []detector{rules, engine} {
			j, err := d.judge(&s)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", s.name, d, err)
			}
			writeRow(w, &s, d, j)
		}
	}
	fmt.Fprintf(w, "\nRecall and false alarms: %s alarms at an anomaly score of %d, its default; tiercel at a budget of 0.1 %%.\n", rules, anomalyThreshold)
	return nil
}

// detector judges all requests of a set.
type detector interface {
	fmt.Stringer
	judge(s *set) (*judgement, error)
}

// judgement is what a detector said of a set's requests, in their order.
type judgement struct {
	scores []float64 // higher is more of a threat
	alarms []bool    // at the detector's own threshold
	speed  float64   // requests a CPU second
}
