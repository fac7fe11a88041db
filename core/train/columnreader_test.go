package train

import (
	"strings"
	"testing"
)

func TestColumnReader(t *testing.T) {
	for _, c := range []struct {
		name, sample, record, column, want string
		absent                             bool
	}{
		{"CSV", "a,b,c\n", "1,2,3", "b", "2", false},
		{"CSV quoted", "a,b\n", `"x ""y"", z",2`, "a", `x "y", z`, false},
		{"CSV behind a quoted cell", "a,b\n", `"x,y",2`, "b", "2", false},
		{"CSV with semicolons", "a;b\n", "1;2", "b", "2", false},
		{"CSV short record", "a,b,c\n", "1", "c", "", true},
		{"CSV unknown column", "a,b,c\n", "1,2,3", "d", "", true},
		{"CSV open quote", "a,b\n", `"x`, "a", "x", false},
		{"byte-order mark", "\xef\xbb\xbfa,b\n", "1,2", "a", "1", false},
		{"Zeek", "#separator \\x09\n#fields\ta\tb\n", "1\t2", "b", "2", false},
		{"Zeek unset", "#fields\ta\tb\n", "1\t-", "b", "", true},
		{"Zeek empty", "#fields\ta\tb\n", "1\t(empty)", "b", "", false},
		{"W3C", "#Software: x\n#Fields: a b\n", "1 2", "b", "2", false},
		{"JSON text", "{", `{"a":"x\ny"}`, "a", "x\ny", false},
		{"JSON number", "{", `{"b":{},"a":-1.50}`, "a", "-1.50", false},
		{"JSON truth", "{", `{"a":true}`, "a", "true", false},
		{"JSON null", "{", `{"a":null}`, "a", "", true},
		{"JSON object", "{", `{"a":{"b":1}}`, "a", "", true},
		{"JSON nested", "{", `{"x":1,"a":{"z":[1,{"b":9}],"b":2}}`, "a.b", "2", false},
		{"JSON nested deeper", "{", `{"a":{"b":{"c":"d"}}}`, "a.b.c", "d", false},
		{"JSON name with a dot", "{", `{"a.b":1}`, "a.b", "1", false},
		{"JSON nested, then a name with a dot", "{", `{"a":{"c":1},"a.b":2}`, "a.b", "2", false},
		{"JSON first of two", "{", `{"a":1,"a":2}`, "a", "1", false},
		{"JSON broken", "{", `{"a":`, "a", "", true},
		{"nothing", "", "", "a", "", true},
	} {
		got, ok := newColumnReader([]byte(c.sample)).of([]byte(c.record), c.column)
		if got != c.want || ok == c.absent {
			t.Errorf("%s: %q, %v; want %q", c.name, got, ok, c.want)
		}
	}
}

func FuzzColumnReader(f *testing.F) {
	f.Add("a,b\n", `"x""y",2`, "b")
	f.Add("#fields\ta\tb\n", "1\t2", "b")
	f.Add("{", `{"a":{"b":[1,{"c":2}]},"d":"\ud800"}`, "a.b")
	f.Add("{", `{"a":`, "a.b")
	f.Add("", "{", "")
	f.Fuzz(func(t *testing.T, sample, record, column string) {
		r := newColumnReader([]byte(sample))
		text, ok := r.of([]byte(record), column)
		if !ok && text != "" || len(text) > 3*len(record) {
			t.Fatalf("%q, %v", text, ok)
		}
		if again, _ := r.of([]byte(record), column); again != text {
			t.Fatalf("%q, then %q", text, again)
		}
		if strings.Count(sample, "\n") == 0 && len(r.names) > len(sample)+1 {
			t.Fatal("more columns than characters")
		}
	})
}
