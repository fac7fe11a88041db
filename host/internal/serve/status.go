package serve

import (
	"net/http"

	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// status is what a process that judges judges by, and what it refused.
type status struct {
	Judging bool             `json:"judging"` // false: workers elsewhere do, or NATS is waited for
	Models  []modelStatus    `json:"models"`
	Plugins []pluginStatus   `json:"plugins"`
	Faults  []faultStatus    `json:"faults"`
	Offers  []stream.Outcome `json:"offers"` // what became of what was pushed last, by name
}

type modelStatus struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Epoch  uint64 `json:"epoch"`
	Signer string `json:"signer,omitempty"` // the key
}

type pluginStatus struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
	Pushed  bool   `json:"pushed"` // it came by the object store
}

type faultStatus struct {
	Plugin string `json:"plugin"`
	Reason string `json:"reason"`
	Times  int    `json:"times"`
	Last   string `json:"last"`
}

// status says what judges; of no judge that there is none.
func (j *judge) status() status {
	s := status{Models: []modelStatus{}, Plugins: []pluginStatus{}, Faults: []faultStatus{}, Offers: []stream.Outcome{}}
	if j == nil {
		return s
	}
	s.Judging = true
	for _, m := range j.models.Models() {
		s.Models = append(s.Models, modelOf(m))
	}
	pushed := j.plugins.taken.ids()
	for _, p := range j.plugins.atWork() {
		s.Plugins = append(s.Plugins, pluginStatus{p.ID, p.Version, p.SHA256.String(), pushed[p.ID] == p.SHA256})
	}
	for _, f := range j.plugins.told() {
		s.Faults = append(s.Faults, faultStatus(f))
	}
	s.Offers = append(s.Offers, j.offers.Last()...)
	return s
}

func modelOf(m *model.Model) modelStatus {
	s := modelStatus{Kind: m.Kind.String(), Name: m.Name, Epoch: m.Epoch}
	if m.Signed() {
		s.Signer = host.Key(m.Key).String()
	}
	return s
}

// status answers what judges here.
func (s *Server) status(w http.ResponseWriter, _ *http.Request, _ caller) {
	var j *judge
	if s.joined.Load() {
		j = s.judge
	}
	answer(w, http.StatusOK, j.status())
}
