package stream

import (
	"math"
	"strconv"
	"time"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// maxField bounds a text of a record in a row, bytes.
const maxField = 512

// Row is a verdict or an incident as the subjects and sinks carry it: one JSON
// object with the names of the Elastic Common Schema where it has them, and
// tiercel.* for the rest. What an event does not have is left out.
type Row struct {
	Time      string            `json:"@timestamp,omitempty"`
	ID        string            `json:"event.id"`
	Kind      string            `json:"event.kind"`    // alert, event, or pipeline_error for a record that could not be read
	Dataset   string            `json:"event.dataset"` // http, flow, dns, auth
	Severity  int               `json:"event.severity"`
	Original  string            `json:"event.original,omitempty"` // threats only
	Source    string            `json:"log.file.path"`
	Technique []string          `json:"threat.technique.id,omitempty"`
	Error     string            `json:"error.message,omitempty"`
	Score     *float64          `json:"tiercel.score,omitempty"`
	Rate      *float64          `json:"tiercel.false_alarm_rate,omitempty"`
	Threat    bool              `json:"tiercel.threat"`
	Level     string            `json:"tiercel.severity,omitempty"`
	Class     string            `json:"tiercel.class,omitempty"`
	Entity    string            `json:"tiercel.entity,omitempty"`
	Incident  string            `json:"tiercel.incident,omitempty"`
	Missing   []string          `json:"tiercel.missing,omitempty"`
	Fields    map[string]string `json:"tiercel.fields,omitempty"` // threats only: the record's own fields, by ECS names

	Example []byte `json:"tiercel.example,omitempty"` // threats only: what a label of it needs

	// Incidents only.
	First string `json:"event.start,omitempty"`
	Last  string `json:"event.end,omitempty"`
	Count int64  `json:"tiercel.count,omitempty"`
	Why   string `json:"message,omitempty"`
}

func stamp(t int64) string {
	if t == event.NoTime {
		return ""
	}
	return time.Unix(0, t).UTC().Format("2006-01-02T15:04:05.000Z")
}

func cutTo(b []byte, n int) string { return string(b[:min(len(b), n)]) }

// rowOf returns the row of a verdict.
func rowOf(a *About, index uint32, r *core.Result, i, partition int, names func(event.Kind) []string) Row {
	v, e := &r.Verdicts[i], &r.Batch.Events[i]
	row := Row{
		ID: a.Batch + "-" + strconv.FormatUint(uint64(index), 10), Kind: "event", Source: a.Source,
		Dataset: v.Kind.String(), Time: stamp(v.Time),
	}
	if v.Err != nil {
		row.Kind, row.Error, row.Time = "pipeline_error", v.Err.Error(), ""
		return row
	}
	row.Score, row.Rate, row.Threat = finite(v.Score), finite(v.FalseAlarmRate), v.Threat
	row.Entity = cutTo(v.Entity, maxField)
	for b, name := range names(v.Kind) {
		if v.Missing>>min(b, 63)&1 == 1 {
			row.Missing = append(row.Missing, name)
		}
	}
	if !v.Threat {
		return row
	}
	row.Kind, row.Severity, row.Level = "alert", int(v.Severity), v.Severity.String()
	row.Class, row.Technique = v.Class, v.Technique
	row.Original = cutTo(r.Batch.Bytes(e.Raw), maxField)
	if v.Incident != 0 {
		row.Incident = incidentID(partition, v.Incident)
	}
	row.Fields = map[string]string{}
	for f := range event.NumText {
		if text := r.Batch.Text(e, f); len(text) > 0 {
			row.Fields[f.String()] = cutTo(text, maxField)
		}
	}
	return row
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// incidentID is unique among all partitions.
func incidentID(partition int, n uint64) string {
	return strconv.Itoa(partition) + "-" + strconv.FormatUint(n, 10)
}

// incidentRow returns the row of an incident as it stands.
func incidentRow(in *core.Incident, partition int) Row {
	id := incidentID(partition, in.ID)
	return Row{
		Time: stamp(in.Last), ID: id + "-" + strconv.FormatInt(in.Count, 10), Kind: "alert", Dataset: in.Kind.String(),
		Severity: int(in.Severity), Level: in.Severity.String(), Source: in.File, Original: in.Sample,
		Technique: in.Technique, Class: in.Class, Entity: in.Entity, Threat: true, Incident: id,
		Score: finite(in.Score), Rate: finite(in.Rate),
		First: stamp(in.First), Last: stamp(in.Last), Count: in.Count, Why: in.Why,
	}
}

// trim leaves out what a row can be without.
func (r *Row) trim() { r.Original, r.Fields, r.Example, r.Why = "", nil, nil, "" }
