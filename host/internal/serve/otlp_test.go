package serve

import (
	"math"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"
)

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func TestAppendRecord(t *testing.T) {
	double := func(x float64) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: x}}
	}
	for _, c := range []struct {
		name   string
		record *logs.LogRecord
		want   string
	}{
		{"a line", &logs.LogRecord{Body: text("GET /")}, "GET /"},
		{"a line with a line feed", &logs.LogRecord{Body: text("GET /\nforged")}, "GET / forged"},
		{"a line from a file", &logs.LogRecord{Body: text("GET /"), Attributes: []*common.KeyValue{{Key: "log.file.name", Value: text("a")}}}, "GET /"},
		{"attributes", &logs.LogRecord{Body: text("m"), TimeUnixNano: 1e9, Attributes: []*common.KeyValue{{Key: "url.path", Value: text("/")}}}, `{"@timestamp":"1970-01-01T00:00:01Z","message":"m","url.path":"/"}`},
		{"no number", &logs.LogRecord{Attributes: []*common.KeyValue{{Key: "x", Value: double(math.NaN())}}}, `{"x":"NaN"}`},
		{"list of pairs", &logs.LogRecord{Body: &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: []*common.KeyValue{{Key: "source.ip", Value: text("192.0.2.1")}}}}}}, `{"source.ip":"192.0.2.1"}`},
	} {
		if got := string(appendRecord(nil, c.record)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Whatever is sent, what is made of it ends with a line.
func FuzzReadOTLP(f *testing.F) {
	seed, err := proto.Marshal(&logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{ScopeLogs: []*logs.ScopeLogs{{LogRecords: []*logs.LogRecord{
		{Body: text("a\nb")}, {Attributes: []*common.KeyValue{{Key: "k", Value: text("v")}}},
	}}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, false)
	f.Add([]byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}`), true)
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		lines, err := readOTLP(data, isJSON)
		if err != nil {
			return
		}
		for _, text := range lines {
			if len(text) == 0 || text[len(text)-1] != '\n' {
				t.Fatalf("%q does not end its last line", text)
			}
		}
	})
}
