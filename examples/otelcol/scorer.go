package otelcol

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// Names of the attributes.
const (
	attrScore     = "tiercel.score"
	attrRate      = "tiercel.false_alarm_rate"
	attrThreat    = "tiercel.threat"
	attrKind      = "tiercel.kind"
	attrEntity    = "tiercel.entity"
	attrSeverity  = "tiercel.severity"
	attrClass     = "tiercel.class"
	attrIncident  = "tiercel.incident"
	attrTechnique = "threat.technique.id"
	attrMissing   = "tiercel.missing"
	attrError     = "tiercel.error"
)

// ours are the attributes that nobody else may set.
var ours = map[string]bool{
	attrScore: true, attrRate: true, attrThreat: true, attrKind: true, attrEntity: true, attrSeverity: true,
	attrClass: true, attrIncident: true, attrTechnique: true, attrMissing: true, attrError: true,
}

// scorer scores log records as one pass: their windows are shared.
type scorer struct {
	engine  *core.Engine
	format  string
	options event.Options

	mu   sync.Mutex // Collectors send side by side
	scan *core.Scan
}

func newScorer(c *Config) (*scorer, error) {
	engine, err := newEngine(c)
	if err != nil {
		return nil, err
	}
	s := &scorer{engine: engine, format: c.Format, options: event.Options{Map: c.Map}, scan: engine.NewScan()}
	s.options.Kind, _ = event.ParseKind(c.Kind)
	return s, nil
}

// group is what is read together: records of one resource, as lines of one format.
type group struct {
	text    []byte
	records []plog.LogRecord // record i is line i+1
}

func (g *group) add(r plog.LogRecord, line []byte) {
	g.text, g.records = append(append(g.text, line...), '\n'), append(g.records, r)
}

// score implements processorhelper.ProcessLogsFunc. No record is dropped, and
// none of them makes the batch fail.
func (s *scorer) score(ctx context.Context, logs plog.Logs) (plog.Logs, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range logs.ResourceLogs().All() {
		var lines, objects group
		for _, scope := range resource.ScopeLogs().All() {
			for _, r := range scope.LogRecords().All() {
				r.Attributes().RemoveIf(func(name string, _ pcommon.Value) bool { return ours[name] })
				if r.Body().Type() == pcommon.ValueTypeStr {
					lines.add(r, line(r.Body().Str()))
				} else {
					objects.add(r, object(r))
				}
			}
		}
		name := nameOf(resource.Resource())
		s.judge(name, s.format, &lines)
		s.judge(name, "json", &objects)
		if err := ctx.Err(); err != nil {
			return logs, err
		}
	}
	return logs, nil
}

// nameOf returns what incidents call the source.
func nameOf(r pcommon.Resource) string {
	if v, ok := r.Attributes().Get("service.name"); ok {
		return v.AsString()
	}
	return "otlp"
}

// line returns a text as one line.
func line(text string) []byte {
	return []byte(strings.NewReplacer("\n", " ", "\r", " ").Replace(text))
}

// object returns a record as one JSON object: of its body's members, or of its
// attributes where it has no body.
func object(r plog.LogRecord) []byte {
	members := r.Attributes().AsRaw()
	if r.Body().Type() == pcommon.ValueTypeMap {
		members = r.Body().Map().AsRaw()
	}
	data, err := json.Marshal(members)
	if err != nil {
		return []byte("{}") // a number that JSON has not: told as unread
	}
	return data
}

// judge scores a group and writes its attributes.
func (s *scorer) judge(name, formatName string, g *group) {
	if len(g.records) == 0 {
		return
	}
	format, ok := event.FormatByName(formatName)
	if !ok {
		var err error
		if format, _, err = event.Detect(g.text[:min(len(g.text), event.SampleBytes)], s.options); err != nil {
			g.fail(err)
			return
		}
	}
	reader, err := event.NewReader(bytes.NewReader(g.text), format, s.options)
	if err != nil {
		g.fail(err)
		return
	}
	feed := s.scan.NewFeed(name, 0, 0)
	for {
		if err := reader.Next(feed.Batch()); err != nil {
			if err != io.EOF {
				g.fail(err)
			}
			return
		}
		feed.Judge(func(r *core.Result) error {
			for i := range r.Verdicts {
				s.tell(g.records[r.Verdicts[i].Line-1].Attributes(), &r.Verdicts[i])
			}
			return nil
		})
	}
}

// fail says of a whole group why it could not be read.
func (g *group) fail(err error) {
	for _, r := range g.records {
		r.Attributes().PutStr(attrError, err.Error())
	}
}

// tell writes a verdict into a record's attributes.
func (s *scorer) tell(to pcommon.Map, v *core.Verdict) {
	if v.Err != nil {
		to.PutStr(attrError, v.Err.Error())
		return
	}
	to.PutDouble(attrScore, v.Score)
	to.PutDouble(attrRate, v.FalseAlarmRate)
	to.PutBool(attrThreat, v.Threat)
	to.PutStr(attrKind, v.Kind.String())
	if len(v.Entity) > 0 {
		to.PutStr(attrEntity, string(v.Entity))
	}
	if v.Missing != 0 {
		missing := to.PutEmptySlice(attrMissing)
		for i, name := range s.engine.LearnerNames(v.Kind) {
			if v.Missing>>min(i, 63)&1 == 1 {
				missing.AppendEmpty().SetStr(name)
			}
		}
	}
	if !v.Threat {
		return
	}
	to.PutStr(attrSeverity, v.Severity.String())
	to.PutStr(attrClass, v.Class)
	if v.Incident != 0 {
		to.PutInt(attrIncident, int64(v.Incident))
	}
	techniques := to.PutEmptySlice(attrTechnique)
	for _, t := range v.Technique {
		techniques.AppendEmpty().SetStr(t)
	}
}
