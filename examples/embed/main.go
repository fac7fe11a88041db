// Embed scores the lines of a web server's log from standard input with the
// embedded HTTP model: what it takes to put detection into a program.
//
//	go run ./examples/embed < access.log
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

func main() {
	if err := score(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

// score writes a line for each threat in an Apache or nginx combined log.
func score(w io.Writer, log io.Reader) error {
	data, _ := models.Default(event.HTTP)
	detector, err := model.Read(data, model.Limits{})
	if err != nil {
		return err
	}
	engine, err := core.New(core.Options{Models: []*model.Model{detector}})
	if err != nil {
		return err
	}
	format, _ := event.FormatByName("combined")
	lines, err := event.NewReader(log, format, event.Options{})
	if err != nil {
		return err
	}
	_, err = engine.NewScan().File(context.Background(), "-", lines, func(r *core.Result) error {
		for _, v := range r.Verdicts {
			if v.Threat {
				fmt.Fprintf(w, "line %d: %s from %s, score %.3f\n", v.Line, v.Class, v.Entity, v.Score)
			}
		}
		return nil
	})
	return err
}
