package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// engine is tiercel with the default HTTP model, on one core.
type engine struct{ *core.Engine }

func newEngine() (engine, error) {
	data, ok := models.Default(event.HTTP)
	if !ok {
		return engine{}, errors.New("no HTTP model is embedded; train it with make models DATA=folder")
	}
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		return engine{}, fmt.Errorf("embedded HTTP model: %w", err)
	}
	e, err := core.New(core.Options{Models: []*model.Model{m}, Workers: 1, Budget: core.Budget{Rate: 1e-3}})
	return engine{e}, err
}

func (engine) String() string { return "tiercel" }

// leastCPU is how long the engine is measured, in CPU seconds: it passes a set
// in less time than the system's clock can tell.
const leastCPU = 0.5

func (e engine) judge(s *set) (*judgement, error) {
	log, err := s.log()
	if err != nil {
		return nil, err
	}
	j, err := e.scan(s, log)
	if err != nil {
		return nil, err
	}
	at, passes := cpuSeconds(), 0
	for cpuSeconds()-at < leastCPU {
		if _, err := e.scan(s, log); err != nil {
			return nil, err
		}
		passes++
	}
	j.speed = float64(passes*len(s.requests)) / (cpuSeconds() - at)
	return j, nil
}

// scan scores a log, from its bytes to verdicts.
func (e engine) scan(s *set, log []byte) (*judgement, error) {
	format, ok := event.FormatByName(s.format)
	if !ok {
		return nil, fmt.Errorf("no format is called %s", s.format)
	}
	r, err := event.NewReader(bytes.NewReader(log), format, event.Options{Kind: event.HTTP})
	if err != nil {
		return nil, err
	}
	j := &judgement{}
	_, err = e.NewScan().File(context.Background(), s.name, r, func(r *core.Result) error {
		for _, v := range r.Verdicts {
			if v.Err != nil {
				return fmt.Errorf("request %d: %w", v.Record, v.Err)
			}
			// The rate falls strictly as the score rises, and tells apart what
			// is near 1.
			j.scores = append(j.scores, -v.FalseAlarmRate)
			j.alarms = append(j.alarms, v.Threat)
		}
		return nil
	})
	if err == nil && len(j.scores) != len(s.requests) {
		err = fmt.Errorf("%d verdicts of %d requests", len(j.scores), len(s.requests))
	}
	return j, err
}
