package serve

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

var errOTLP = errors.New("body is no OTLP logs message")

// readOTLP reads an ExportLogsServiceRequest, which has the wire format of
// LogsData, and returns its records as lines, by the name of their service. A
// record whose body is a text and that has no attributes about an event is that
// line, as collectors read it from a file; others become JSON objects of their
// attributes.
func readOTLP(data []byte, isJSON bool) (map[string][]byte, error) {
	var d logs.LogsData
	var err error
	if isJSON {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, &d)
	} else {
		err = proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, &d)
	}
	if err != nil {
		return nil, errOTLP
	}
	out := map[string][]byte{}
	for _, resource := range d.ResourceLogs {
		source := "otlp"
		for _, a := range resource.GetResource().GetAttributes() {
			if a.Key == "service.name" && a.Value.GetStringValue() != "" {
				source = a.Value.GetStringValue()
			}
		}
		for _, scope := range resource.ScopeLogs {
			for _, r := range scope.LogRecords {
				out[source] = append(appendRecord(out[source], r), '\n')
			}
		}
	}
	return out, nil
}

// ofTheCarrier are attributes about how a line came, not about its event.
var ofTheCarrier = map[string]bool{
	"log.file.name": true, "log.file.path": true, "log.file.name_resolved": true, "log.file.path_resolved": true,
	"log.record.original": true, "log.iostream": true, "logtag": true,
}

// appendRecord appends a record as one line.
func appendRecord(dst []byte, r *logs.LogRecord) []byte {
	object := map[string]any{}
	for _, a := range r.Attributes {
		if !ofTheCarrier[a.Key] {
			flatten(object, a.Key, a.Value)
		}
	}
	text, isText := r.GetBody().GetValue().(*common.AnyValue_StringValue)
	if len(object) == 0 && isText {
		return appendLine(dst, text.StringValue)
	}
	if isText {
		if _, ok := object["message"]; !ok {
			object["message"] = text.StringValue
		}
	} else if kv := r.GetBody().GetKvlistValue(); kv != nil {
		for _, e := range kv.Values {
			flatten(object, e.Key, e.Value)
		}
	}
	at := r.TimeUnixNano
	if at == 0 {
		at = r.ObservedTimeUnixNano
	}
	if at > 0 {
		if _, ok := object["@timestamp"]; !ok {
			object["@timestamp"] = time.Unix(0, int64(at)).UTC().Format(time.RFC3339Nano)
		}
	}
	data, err := json.Marshal(object)
	if err != nil {
		return dst // texts and numbers always have a JSON form
	}
	return append(dst, data...)
}

// appendLine appends a text with its line feeds as blanks.
func appendLine(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c == '\n' || c == '\r' {
			dst = append(dst, ' ')
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// flatten adds a value under its name, the members of a list of pairs under
// names with dots.
func flatten(object map[string]any, name string, v *common.AnyValue) {
	switch x := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		object[name] = x.StringValue
	case *common.AnyValue_IntValue:
		object[name] = json.Number(strconv.FormatInt(x.IntValue, 10))
	case *common.AnyValue_DoubleValue:
		text := strconv.FormatFloat(x.DoubleValue, 'g', -1, 64)
		if math.IsNaN(x.DoubleValue) || math.IsInf(x.DoubleValue, 0) {
			object[name] = text // JSON has no such number
		} else {
			object[name] = json.Number(text)
		}
	case *common.AnyValue_BoolValue:
		object[name] = x.BoolValue
	case *common.AnyValue_KvlistValue:
		for _, e := range x.KvlistValue.GetValues() {
			flatten(object, name+"."+e.Key, e.Value)
		}
	case *common.AnyValue_ArrayValue:
		if list := x.ArrayValue.GetValues(); len(list) > 0 {
			flatten(object, name, list[0]) // semantic conventions list header values; the first is the one sent
		}
	}
}
