// Command sbom writes the software bill of materials of this project to
// standard output: CycloneDX 1.6, JSON, as https://cyclonedx.org/docs/1.6/json/
// describes it. It is run in the root of the project (make sbom).
//
// It lists the Go modules that the command line tool and the browser's engine
// are linked from, as go list tells, and the npm packages of the lock file of
// wasm/npm, those of its development marked as such. The same sources give the
// same bytes: there is no time and no random number in it.
package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// bom is the part of the format that is used.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	Scope      string     `json:"scope,omitempty"` // required, or excluded: used while building only
	Hashes     []hash     `json:"hashes,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"` // hex
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	modules, err := goModules("./host/cmd/tiercel", "./wasm/engine")
	if err != nil {
		return err
	}
	lock, err := os.ReadFile("wasm/npm/package-lock.json")
	if err != nil {
		return err
	}
	packages, err := npmPackages(lock)
	if err != nil {
		return fmt.Errorf("wasm/npm/package-lock.json: %w", err)
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(bom{
		Format: "CycloneDX", Spec: "1.6", Version: 1,
		Metadata:   metadata{component{Type: "application", Ref: "tiercel", Name: "tiercel"}},
		Components: append(modules, packages...),
	})
}

// goModules returns the modules that the packages are linked from, the standard
// library first.
func goModules(packages ...string) ([]component, error) {
	version, err := output("go", "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	std := strings.TrimPrefix(strings.TrimSpace(string(version)), "go")
	out := []component{{Type: "library", Ref: "pkg:golang/std@" + std, PURL: "pkg:golang/std@" + std, Name: "std", Version: std, Scope: "required"}}
	listed, err := output("go", append([]string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Sum}}{{end}}{{end}}"}, packages...)...)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(listed)), "\n")
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		part := strings.Fields(line)
		if len(part) < 2 {
			continue
		}
		purl := "pkg:golang/" + part[0] + "@" + part[1]
		c := component{Type: "library", Ref: purl, PURL: purl, Name: part[0], Version: part[1], Scope: "required"}
		if len(part) == 3 { // a hash of a listing of files: of no kind that the format knows
			c.Properties = []property{{"go.sum", part[2]}}
		}
		out = append(out, c)
	}
	return out, nil
}

func output(name string, args ...string) ([]byte, error) {
	c := exec.Command(name, args...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, said.Bytes())
	}
	return out, nil
}

// npmPackages returns the packages of a lock file, version 3.
func npmPackages(lock []byte) ([]component, error) {
	var file struct {
		Version  int `json:"lockfileVersion"`
		Packages map[string]struct {
			Version   string `json:"version"`
			Integrity string `json:"integrity"`
			Dev       bool   `json:"dev"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(lock, &file); err != nil {
		return nil, err
	}
	if file.Version != 3 {
		return nil, fmt.Errorf("version %d of the format, want 3", file.Version)
	}
	var out []component
	for path, p := range file.Packages {
		at := strings.LastIndex(path, "node_modules/")
		if at < 0 {
			continue // the package itself
		}
		name := path[at+len("node_modules/"):]
		sum, ok := strings.CutPrefix(p.Integrity, "sha512-")
		raw, err := base64.StdEncoding.DecodeString(sum)
		if !ok || err != nil {
			return nil, fmt.Errorf("%s has no sha512", name)
		}
		purl := "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + p.Version
		c := component{Type: "library", Ref: purl, PURL: purl, Name: name, Version: p.Version, Scope: "required"}
		c.Hashes = []hash{{"SHA-512", hex.EncodeToString(raw)}}
		if p.Dev {
			c.Scope = "excluded"
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b component) int { return cmp.Compare(a.Ref, b.Ref) })
	return slices.CompactFunc(out, func(a, b component) bool { return a.Ref == b.Ref }), nil
}
