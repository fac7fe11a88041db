package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// Every module that go.mod requires directly and every package that the npm
// package brings to a page is in the bill, once, under its version.
func TestBill(t *testing.T) {
	t.Chdir("../../..")
	var first, second bytes.Buffer
	if err := run(&first); err != nil {
		t.Fatal(err)
	}
	if err := run(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("a second run gives another bill: %v", err)
	}
	var b bom
	if err := json.Unmarshal(first.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	seen := map[string]component{}
	for _, c := range b.Components {
		if _, twice := seen[c.Ref]; twice || c.Version == "" || c.PURL == "" || c.Scope == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Ref] = c
	}
	file, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	linked := 0
	for line := range strings.Lines(string(file)) {
		part := strings.Fields(strings.TrimPrefix(line, "require"))
		if len(part) < 2 || !strings.HasPrefix(part[1], "v") {
			continue
		}
		if c, ok := seen["pkg:golang/"+part[0]+"@"+part[1]]; ok {
			linked++
			if len(c.Properties) != 1 || !strings.HasPrefix(c.Properties[0].Value, "h1:") {
				t.Errorf("%s has no checksum: %+v", part[0], c)
			}
		}
	}
	if linked < 20 {
		t.Errorf("%d modules of go.mod are in the bill", linked)
	}
	runtime := 0
	for ref, c := range seen {
		if strings.HasPrefix(ref, "pkg:npm/") && c.Scope == "required" {
			runtime++
		}
		if strings.HasPrefix(ref, "pkg:npm/") && (len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 128) {
			t.Errorf("%s: %+v", ref, c.Hashes)
		}
	}
	if runtime == 0 {
		t.Error("no package of the browser")
	}
}

func TestLockIsRefused(t *testing.T) {
	for name, lock := range map[string]string{
		"no JSON":        "x",
		"old format":     `{"lockfileVersion":1}`,
		"no checksum":    `{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0"}}}`,
		"weak checksum":  `{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0","integrity":"sha1-aaaa"}}}`,
		"broken base 64": `{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0","integrity":"sha512-*"}}}`,
	} {
		if _, err := npmPackages([]byte(lock)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
