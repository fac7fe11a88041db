// Package plugins holds the templates of plugins, one folder a language: the
// files of a new project, which build and pass their tests where they lie.
package plugins

import (
	"bytes"
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
)

//go:embed readme.md.in
//go:embed sdk/template/*.go sdk/template/*.in sdk/template/Makefile sdk/template/.gitignore
//go:embed c/template/*.c c/template/*.h c/template/Makefile c/template/.gitignore
//go:embed rust/template/src rust/template/*.in rust/template/Makefile rust/template/.gitignore
//go:embed assemblyscript/template/assembly assemblyscript/template/test assemblyscript/template/*.json
//go:embed assemblyscript/template/Makefile assemblyscript/template/.gitignore
//go:embed python/template/*.py python/template/Makefile python/template/.gitignore
var files embed.FS

// Language is one that there is a template for.
type Language struct {
	Name  string // as people type it: go, c, rust, assemblyscript, python
	Title string
	Edit  string   // the file with the learner in it
	Keep  string   // the files that are the contract's, not the author's
	Needs string   // what building takes
	Built []string // what make writes to build/, after the plugin's id

	folder string
}

// Module says whether make builds a WebAssembly module, which runs in browsers too.
func (l *Language) Module() bool { return slices.Contains(l.Built, ".wasm") }

// Process says whether make builds a program.
func (l *Language) Process() bool { return slices.Contains(l.Built, "") }

// Languages returns the languages in the order in which people are shown them.
func Languages() []Language {
	return []Language{
		{"go", "Go", "main.go", "go.mod", "Go 1.26", []string{".wasm", ""}, "sdk/template"},
		{"c", "C", "learner.c", "tiercel.h", "clang and lld", []string{".wasm"}, "c/template"},
		{"rust", "Rust", "src/lib.rs", "src/tiercel.rs", "rustc with the target wasm32-unknown-unknown", []string{".wasm"}, "rust/template"},
		{
			"assemblyscript", "AssemblyScript", "assembly/learner.ts", "assembly/tiercel.ts and assembly/index.ts",
			"Node 18 and npm",
			[]string{".wasm"},
			"assemblyscript/template",
		},
		{"python", "Python", "learner.py", "tiercel.py", "Python 3 with grpc and numpy", []string{""}, "python/template"},
	}
}

// File is a file of a new project.
type File struct {
	Path string // with slashes, below the project's folder
	Data []byte
}

// Files returns the files of a new project, in the order of their paths. id is
// the plugin's: lower case letters, digits and hyphens.
func (l *Language) Files(id string) ([]File, error) {
	var list []File
	err := fs.WalkDir(files, l.folder, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := files.ReadFile(p)
		if err != nil {
			return err
		}
		// A go.mod cannot be embedded under its own name.
		name := strings.TrimSuffix(strings.TrimPrefix(p, l.folder+"/"), ".in")
		list = append(list, File{name, bytes.ReplaceAll(data, []byte("example-"+l.Name), []byte(id))})
		return nil
	})
	if err != nil {
		return nil, err
	}
	readme, err := l.readme(id)
	if err != nil {
		return nil, err
	}
	list = append(list, File{"README.md", readme})
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// readme is the project's README.md.
func (l *Language) readme(id string) ([]byte, error) {
	text, err := files.ReadFile("readme.md.in")
	if err != nil {
		return nil, err
	}
	t, err := template.New("readme").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct {
		*Language
		ID, File string
	}{l, id, path.Join("build", id+l.Built[0])})
	return out.Bytes(), err
}
