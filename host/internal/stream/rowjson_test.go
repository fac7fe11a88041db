package stream

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// randomRow returns a row of texts and numbers of all sorts, some left out.
func randomRow(random *rand.Rand) Row {
	texts := []string{"", "plain", `quo"te\`, "<script>&", "tab\tnull\x00", "grün", "\xff\xfe", "\u2028", "x\u202ey"}
	text := func() string { return texts[random.IntN(len(texts))] }
	number := func() *float64 {
		numbers := []float64{0, 1, 0.5, 1e-5, 1e-6, 9.9e-7, 1e-9, 1.5e-10, 1e-100, 1e20, 1e21, 1e22, -3e-8, 5e-324, random.NormFloat64()}
		if i := random.IntN(len(numbers) + 1); i < len(numbers) {
			return &numbers[i]
		}
		return nil
	}
	list := func() (out []string) {
		for range random.IntN(3) {
			out = append(out, text())
		}
		return out
	}
	r := Row{
		Time: text(), ID: text(), Kind: text(), Dataset: text(), Severity: random.IntN(100), Original: text(), Source: text(),
		Technique: list(), Error: text(), Score: number(), Rate: number(), Threat: random.IntN(2) == 0, Level: text(), Class: text(),
		Entity: text(), Incident: text(), Missing: list(), First: text(), Last: text(), Count: random.Int64N(3), Why: text(),
	}
	for range random.IntN(4) {
		if r.Fields == nil {
			r.Fields = map[string]string{}
		}
		r.Fields[[]string{"url.path", "source.ip", "dns.question.name", "user.name"}[random.IntN(4)]] = text()
	}
	for range random.IntN(5) {
		r.Example = append(r.Example, byte(random.IntN(256)))
	}
	return r
}

// Rows are what encoding/json makes of them, byte for byte.
func TestAppendRow(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for range 20_000 {
		row := randomRow(random)
		want, err := json.Marshal(&row)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendRow([]byte("before"), &row); string(got) != "before"+string(want)+"\n" {
			t.Fatalf("%s\nwant %s", got, want)
		}
	}
}

func BenchmarkAppendRow(b *testing.B) {
	random := rand.New(rand.NewPCG(4, 2))
	score := 0.97
	row := Row{
		Time: "2026-01-29T10:01:02.123Z", ID: "0123456789abcdef0123456789abcdef-17", Kind: "alert", Dataset: "http", Severity: 4, Source: "web",
		Original: `10.0.0.1 - - "GET /item?id=1%27%20UNION%20SELECT HTTP/1.1" 200`, Technique: []string{"T1190"}, Score: &score, Rate: &score,
		Threat: true, Level: "high", Class: "sqli", Entity: "10.0.0.1", Incident: "3-17",
		Fields: map[string]string{"source.ip": "10.0.0.1", "url.path": "/item", "url.query": "id=1", "user_agent.original": "Mozilla/5.0"},
	}
	for range 600 {
		row.Example = append(row.Example, byte(random.IntN(256)))
	}
	dst := make([]byte, 0, 4096)
	for b.Loop() {
		dst = appendRow(dst[:0], &row)
	}
}
