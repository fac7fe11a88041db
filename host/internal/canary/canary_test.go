package canary_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
	"github.com/tiercel/tiercel/host/internal/canary"
)

const (
	attack = `{"line":"203.0.113.9 - - [29/Jan/2026:10:01:03 +0000] \"GET /item?id=1%27%20UNION%20SELECT%20password%20FROM%20users-- HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"","format":"combined"`
	visit  = `{"line":"203.0.113.7 - - [29/Jan/2026:10:01:02 +0000] \"GET /shop HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"","format":"combined"`
)

func httpModel(t testing.TB) *model.Model {
	t.Helper()
	data, ok := models.Default(event.HTTP)
	if !ok {
		t.Fatal("no default model of HTTP")
	}
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTry(t *testing.T) {
	m := httpModel(t)
	cases := []struct {
		name, file string
		tried      int
		want       string // "" for no error
	}{
		{"both as they are", attack + `,"min":0.5,"threat":true,"class":"sqli"}` + "\n\n" + visit + `,"max":0.5,"threat":false}`, 2, ""},
		{"nothing demanded", attack + "}\n" + visit + "}\n", 2, ""},
		{"score too low", visit + "}\n" + visit + `,"min":0.999999}`, 1, "canary 2: score "},
		{"blank lines count", "\n\n" + attack + `,"max":0.1}`, 0, "canary 3: score "},
		{"no threat", visit + `,"threat":true}`, 0, "canary 1: threat false, want true"},
		{"a threat", attack + `,"threat":false}`, 0, "canary 1: threat true, want false"},
		{"another class", attack + `,"class":"xss"}`, 0, `canary 1: class "sqli", want "xss"`},
		{"does not parse", `{"line":"no request at all","format":"combined"}`, 0, "canary 1: "},
		{"a comment only", `{"line":"#close","format":"zeek"}`, 0, "canary 1: "},
		{"another kind", `{"line":"Jan 29 08:53:17 web1 sshd[16416]: Failed password for root from 203.0.113.7 port 51122 ssh2","format":"syslog"}`, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			list, err := canary.Read([]byte(c.file))
			if err != nil {
				t.Fatal(err)
			}
			n, err := canary.Try(m, list)
			var e *canary.Error
			switch {
			case n != c.tried:
				t.Errorf("%d tried, want %d (%v)", n, c.tried, err)
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.As(err, &e) || !strings.HasPrefix(err.Error(), c.want)):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	cases := []struct{ name, file, want string }{
		{"no JSON", "GET /", "canary 1"},
		{"a misspelt demand", visit + `,"treat":true}`, "canary 1"},
		{"no format", "\n" + `{"line":"x"}`, "canary 2: want a known format"},
		{"no such format", `{"line":"x","format":"pigeon"}`, "want a known format"},
		{"range upside down", visit + `,"min":1,"max":0}`, "want 0 <= min"},
		{"outside", visit + `,"max":2}`, "want 0 <= min"},
		{"two lines", `{"line":"x\ny","format":"combined"}`, "want one line"},
		{"two objects", visit + `} {}`, "more than one JSON object"},
		{"a long line", `{"line":"` + strings.Repeat("x", canary.MaxLine) + `","format":"combined"}`, "more than 1048576 bytes"},
		{"many", strings.Repeat(`{"line":"x","format":"combined"}`+"\n", canary.MaxCanaries+1), "canary 10001: more than 10000 canaries"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := canary.Read([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// FuzzRead: no file makes the reader or the trial panic, and an error of a
// trial never holds what stands in the lines.
func FuzzRead(f *testing.F) {
	f.Add([]byte(attack + "}\n" + visit + "}\n"))
	f.Add([]byte(`{"line":"","format":"json"}`))
	f.Add([]byte(`{"line":"{\"a\":[[[","format":"json","min":0.5}`))
	f.Add([]byte(`{"line":"a,b","format":"csv","class":"x","threat":true}`))
	m := httpModel(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := canary.Read(file)
		if err != nil {
			return
		}
		n, err := canary.Try(m, list)
		if n > len(list) || err == nil && len(list) == 0 && n != 0 {
			t.Fatalf("%d of %d tried", n, len(list))
		}
		for _, c := range list {
			if len(c.Line) > 40 && err != nil && strings.Contains(err.Error(), c.Line) {
				t.Fatalf("%v holds the line", err)
			}
		}
	})
}

func Example() {
	data, _ := models.Default(event.HTTP)
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		panic(err)
	}
	list, err := canary.Read([]byte(visit + `,"threat":false}` + "\n" + visit + `,"threat":true,"min":0.9}`))
	if err != nil {
		panic(err)
	}
	n, err := canary.Try(m, list)
	var failed *canary.Error
	fmt.Println(n, errors.As(err, &failed) && failed.Line == 2)
	// Output: 1 true
}
