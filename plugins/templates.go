// Package plugins holds the templates of plugins, one folder a language.
package plugins

import "embed"

// Templates are the files of new projects: sdk/template for Go, c/template for C.
//
//go:embed sdk/template c/template
var Templates embed.FS
