package module

import "github.com/tiercel/tiercel/plugins/abi"

// Answer is what a module made of one frame.
type Answer struct {
	Scores []float32
	Status abi.Status
	Fuel   int64 // that the call spent, of the call's budget
	Memory int64 // bytes that the instance has after it
}

// Exchange hands a frame to a new instance, configured unless config is nil,
// as it is: also one that breaks the contract, which Score never writes. It is
// for checks. Errors are of type *Fault; a status is none.
func (m *Module) Exchange(config, frame []byte, n int) (Answer, error) {
	c, err := m.start(m.Description.ID)
	if err != nil {
		return Answer{}, err
	}
	defer c.close()
	if config != nil {
		if err := c.configure(config); err != nil {
			return Answer{}, err
		}
	}
	out := (uint32(len(frame)) + 3) &^ 3
	if err := c.room(out + 4*uint32(n)); err != nil {
		return Answer{}, err
	}
	c.memory.Write(c.region, frame)
	budget := m.runtime.options.CallFuel
	status, err := c.call(abi.ExportScore, budget, uint64(c.region), uint64(len(frame)), uint64(c.region+out))
	if err != nil {
		return Answer{}, err
	}
	a := Answer{
		Scores: make([]float32, n), Status: abi.Status(int32(status)),
		Fuel: budget - int64(c.fuel.Get()), Memory: int64(c.memory.Size()),
	}
	if view, ok := c.memory.Read(c.region+out, uint32(4*n)); ok {
		abi.Scores(a.Scores, view)
	}
	return a, nil
}

// Memory returns the bytes of memory that the instances at rest have.
func (l *Learner) Memory() (bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.idle {
		bytes += int64(c.memory.Size())
	}
	return bytes
}

// CallFuel is what a call of tiercel_score may spend.
func (m *Module) CallFuel() int64 { return m.runtime.options.CallFuel }
