package otelcol

import (
	"context"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processortest"
)

const (
	harmless = `198.51.100.7 - - [29/Jan/2026:10:00:00 +0000] "GET /products/7 HTTP/1.1" 200 5123 "-" "Mozilla/5.0"`
	attack   = `203.0.113.9 - - [29/Jan/2026:10:00:01 +0000] "GET /products?id=7%27%20UNION%20SELECT%20user,password%20FROM%20users-- HTTP/1.1" 200 312 "-" "Mozilla/5.0"`
)

// batch returns logs of one resource with a record for each body.
func batch(bodies ...any) plog.Logs {
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "shop")
	scope := resource.ScopeLogs().AppendEmpty()
	for _, body := range bodies {
		if err := scope.LogRecords().AppendEmpty().Body().FromRaw(body); err != nil {
			panic(err) // a body that the test made wrong
		}
	}
	return logs
}

// scored sends logs through the processor and returns the attributes of their records.
func scored(t *testing.T, c *Config, logs plog.Logs) []map[string]any {
	t.Helper()
	sink := new(consumertest.LogsSink)
	factory := NewFactory()
	p, err := factory.CreateLogs(context.Background(), processortest.NewNopSettings(factory.Type()), c, sink)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	if err := p.ConsumeLogs(context.Background(), logs); err != nil {
		t.Fatal(err)
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for _, all := range sink.AllLogs() {
		for _, resource := range all.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, r := range scope.LogRecords().All() {
					out = append(out, r.Attributes().AsRaw())
				}
			}
		}
	}
	return out
}

// isThreat reports whether attributes are those of the injection.
func isThreat(a map[string]any) bool {
	score, _ := a[attrScore].(float64)
	rate, ok := a[attrRate].(float64)
	techniques, _ := a[attrTechnique].([]any)
	return score > 0.5 && score <= 1 && ok && rate <= 0.001 && a[attrThreat] == true && a[attrClass] == "sqli" && a[attrKind] == "http" &&
		a[attrEntity] == "203.0.113.9" && a[attrSeverity] != nil && a[attrIncident] == int64(1) && len(techniques) == 1 && techniques[0] == "T1190"
}

func isHarmless(a map[string]any) bool {
	_, ok := a[attrScore].(float64)
	return ok && a[attrThreat] == false && a[attrClass] == nil && a[attrEntity] == "198.51.100.7"
}

func TestScore(t *testing.T) {
	request := func(address, target string) map[string]any {
		return map[string]any{"remote_addr": address, "method": "GET", "uri": target, "status": int64(200)}
	}
	sql := "/products?id=7%27%20UNION%20SELECT%20user,password%20FROM%20users--"
	for _, c := range []struct {
		name   string
		config Config
		bodies []any
		want   []func(map[string]any) bool
	}{
		{"lines", Config{}, []any{harmless, attack, harmless}, []func(map[string]any) bool{isHarmless, isThreat, isHarmless}},
		{"told format", Config{Format: "combined", Kind: "http"}, []any{attack}, []func(map[string]any) bool{isThreat}},
		{"maps", Config{}, []any{request("198.51.100.7", "/products/7"), request("203.0.113.9", sql)}, []func(map[string]any) bool{isHarmless, isThreat}},
		{"both at once", Config{}, []any{harmless, request("203.0.113.9", sql), harmless}, []func(map[string]any) bool{isHarmless, isThreat, isHarmless}},
		{"mapped names", Config{Map: map[string]string{"who": "source.ip", "what": "url.original"}}, []any{map[string]any{"who": "203.0.113.9", "what": sql}}, []func(map[string]any) bool{isThreat}},
		{"blank lines and breaks", Config{Format: "combined"}, []any{"", attack + "\r\n", "\n", harmless}, []func(map[string]any) bool{silent, isThreat, silent, isHarmless}},
		{"unread", Config{Format: "combined"}, []any{harmless, "rubbish"}, []func(map[string]any) bool{isHarmless, failed}},
		{"no format", Config{}, []any{"rubbish", "more of it"}, []func(map[string]any) bool{failed, failed}},
		{"nothing of ours", Config{}, []any{map[string]any{"a": int64(1)}, nil}, []func(map[string]any) bool{failed, failed}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := scored(t, &c.config, batch(c.bodies...))
			if len(got) != len(c.want) {
				t.Fatalf("%d records of %d", len(got), len(c.want))
			}
			for i, ok := range c.want {
				if !ok(got[i]) {
					t.Errorf("record %d: %v", i, got[i])
				}
			}
		})
	}
}

func silent(a map[string]any) bool { return len(a) == 0 }

func failed(a map[string]any) bool { return len(a) == 1 && a[attrError] != "" && a[attrError] != nil }

// What a sender says of himself is not believed, and what he says else stays.
func TestForgedAttributes(t *testing.T) {
	logs := batch(attack)
	a := logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes()
	a.PutBool(attrThreat, false)
	a.PutStr(attrError, "nothing to see")
	a.PutStr("log.file.name", "access.log")
	got := scored(t, &Config{}, logs)[0]
	if !isThreat(got) || got[attrError] != nil || got["log.file.name"] != "access.log" {
		t.Errorf("%v", got)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []Config{{Format: "pigeon"}, {Kind: "pigeon"}, {Budget: "many"}} {
		if c.Validate() == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if err := (&Config{Format: "combined", Kind: "http", Budget: "20/day"}).Validate(); err != nil {
		t.Error(err)
	}
	if _, err := newScorer(&Config{Models: []string{"missing.tiercel"}}); err == nil {
		t.Error("a model that is not there is taken")
	}
}
