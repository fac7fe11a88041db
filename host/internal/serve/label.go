package serve

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/tiercel/tiercel/host/internal/stream"
)

// label takes what people say of a threat: a stream.Label without its "by",
// which is who shows the token.
func (s *Server) label(w http.ResponseWriter, r *http.Request, who caller) {
	b, err := readBody(r, &s.config.Limits, s.memory)
	if err != nil {
		s.fail(w, err)
		return
	}
	defer b.release()
	var l stream.Label
	d := json.NewDecoder(bytes.NewReader(b.text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		refuse(w, http.StatusBadRequest, "want a JSON object of event, kind, example and threat")
		return
	}
	l.By = who.name
	if err := l.Check(); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	ctx, cancel := contextFor(r, s.config.Limits.StoreTime)
	defer cancel()
	if err := s.hub.Label(ctx, l); err != nil {
		s.fail(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]string{"event": l.Event})
}
