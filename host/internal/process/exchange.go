package process

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/tiercel/tiercel/plugins/abi"
)

// Exchange hands a frame over as it is, also one that breaks the contract,
// which Score never writes, and returns the status that the process answers.
// It is for checks. Errors are of type *Fault; a status is none.
func (l *Learner) Exchange(frame []byte) (abi.Status, error) {
	var answer abi.Status
	err := l.with(context.Background(), func(c *instance) error {
		c.request.Frame, c.request.Shared = frame, 0
		if c.shares && len(frame) <= abi.MaxFrame {
			copy(c.run.shared, frame)
			c.request.Frame, c.request.Shared = nil, uint32(len(frame))
		}
		reply, err := c.ask()
		if err != nil {
			return c.failed(callScore, err)
		}
		answer = abi.Status(reply.Status)
		return nil
	}, func() {})
	return answer, err
}

// Memory returns the bytes that the running processes have resident, 0 where
// the system does not tell: outside Linux.
func (l *Learner) Memory() (total int64) {
	for range cap(l.slots) {
		c := <-l.slots
		if c != nil {
			total += resident(c.run.pid)
		}
		l.slots <- c
	}
	return total
}

// resident reads the second number of /proc/PID/statm, in pages.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Fscan(bytes.NewReader(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
