package check

import (
	"fmt"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/host/internal/process"
	"github.com/tiercel/tiercel/plugins/abi"
)

// processSubject is a program.
type processSubject struct {
	*process.Process
	size  int
	probe *process.Learner // for frames; nil before the first and after a fault
}

// OfProcess returns a program as a subject of checks. size is that of its file.
func OfProcess(p *process.Process, size int) Subject { return &processSubject{Process: p, size: size} }

func (p *processSubject) Description() *abi.Description { return &p.Process.Description }

func (p *processSubject) Facts() string {
	return fmt.Sprintf("program of %s; sandbox: %s", size(int64(p.size)), p.Sandbox())
}

func (p *processSubject) Learner(s *feature.Schema, config []byte) (Learner, error) {
	l, err := p.Process.Learner(s, config)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Exchange keeps one process for all frames: starting one takes up to seconds.
func (p *processSubject) Exchange(config, frame []byte, _ int) (Answer, error) {
	if p.probe == nil {
		d := p.Description()
		s, err := schemaOf(d.Kinds[0], d)
		if err != nil {
			return Answer{}, err
		}
		if p.probe, err = p.Process.Learner(s, config); err != nil {
			return Answer{}, err
		}
	}
	status, err := p.probe.Exchange(frame)
	if err != nil {
		p.Close()
	}
	return Answer{Status: status}, err
}

func (p *processSubject) Refused(err error) bool { return refused(err) }

// Fuel says that nothing counts what a process does: it has a deadline.
func (p *processSubject) Fuel() int64 { return 0 }

func (p *processSubject) Close() {
	if p.probe != nil {
		p.probe.Close()
		p.probe = nil
	}
}
