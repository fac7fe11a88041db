package event

import "bytes"

// ErrEVEType is why a line of Suricata's EVE log makes no event.
const ErrEVEType = ParseError("EVE event_type is not http, dns or flow, and no http or dns object is in it")

func eveFormat() Format {
	return Format{
		Name:    "eve",
		Title:   "Suricata EVE JSON: http, dns, flow and netflow events, alerts that carry a request",
		Kinds:   []Kind{HTTP, DNS, Flow},
		Example: `{"timestamp":"2026-01-29T10:01:02.123456+0000","event_type":"dns","src_ip":"192.0.2.7","src_port":5353,"dest_ip":"192.0.2.53","dest_port":53,"proto":"UDP","dns":{"type":"query","rrname":"www.example.com","rrtype":"A"}}`,
		Match: func(sample []byte, o Options) (float64, string) {
			return matchObjects(sample, eveFormat(), o, "Suricata EVE events", func(raw []byte) bool {
				return bytes.Contains(raw, []byte(`"event_type"`)) && bytes.Contains(raw, []byte(`"timestamp"`))
			})
		},
		New: func(o Options) (Parser, error) { return newObjectParser(o, suricata) },
	}
}

// settleEVE makes an event of Suricata's record. dns records of all versions
// are read: a query and its answer are one event each, as Suricata logs them.
func settleEVE(r *record) error {
	e := r.e
	if s := &r.extra[xHost-extraSlot]; s.Len > 0 { // the sensor
		e.Text[HostName], *s = *s, Span{}
	}
	r.extra[xAction-extraSlot] = Span{}
	switch t := r.text(xEventType); {
	case string(t) == "http":
		r.kind = HTTP
	case string(t) == "dns":
		r.kind = DNS
	case string(t) == "flow", string(t) == "netflow":
		r.kind = Flow
	case e.Text[URL].Len > 0:
		r.kind = HTTP
	case e.Text[QuestionName].Len > 0:
		r.kind = DNS
	default:
		return ErrEVEType
	}
	return r.finish()
}
