// Package models holds the default models that the command line tool embeds,
// one file a kind, written by `make models`. The browser engine does not
// import it: a page fetches only the kind that it needs.
package models

import (
	"embed"

	"github.com/tiercel/tiercel/core/event"
)

// Everything in the folder is embedded: a pattern of *.tiercel alone would not
// build in a tree where no model has been trained yet.
//
//go:embed *
var files embed.FS

// Default returns the file of a kind's default model, and whether there is one.
func Default(k event.Kind) ([]byte, bool) {
	data, err := files.ReadFile(k.String() + ".tiercel")
	return data, err == nil
}
