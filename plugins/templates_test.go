package plugins

import (
	"bytes"
	"strings"
	"testing"
)

func TestFiles(t *testing.T) {
	for _, l := range Languages() {
		t.Run(l.Name, func(t *testing.T) {
			list, err := l.Files("rare-words")
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]string{}
			for _, f := range list {
				if bytes.Contains(f.Data, []byte("example-")) {
					t.Errorf("%s still has the template's name", f.Path)
				}
				found[f.Path] = string(f.Data)
			}
			for _, must := range []string{"Makefile", "README.md", ".gitignore", l.Edit} {
				if found[must] == "" {
					t.Errorf("no %s", must)
				}
			}
			if !strings.Contains(found["README.md"], "build/rare-words") || !strings.Contains(found["Makefile"], "rare-words") {
				t.Error("README.md or Makefile does not name what is built")
			}
		})
	}
}
