package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// neighbour is another detector, a rules engine, in a process of its own: it says
// its name in one line, then reads a request a line and answers with a score and
// with 1 for an alarm, 0 for none.
type neighbour struct {
	name string

	mu  sync.Mutex // of the pipe
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// newNeighbour starts a command, words between blanks.
func newNeighbour(command string) (*neighbour, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, fmt.Errorf("no command of another detector")
	}
	n := &neighbour{cmd: exec.Command(words[0], words[1:]...)}
	n.cmd.Stderr = os.Stderr
	var err error
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	n.out = bufio.NewScanner(out)
	if !n.out.Scan() {
		return nil, fmt.Errorf("%s: says no name: %w", command, n.close())
	}
	n.name = n.out.Text()
	return n, nil
}

// judge asks for all of the probes.
func (n *neighbour) judge(probes []probe) ([]judgement, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	said := make([]judgement, len(probes))
	for i, p := range probes {
		line, err := p.line()
		if err != nil {
			return nil, err
		}
		if _, err := n.in.Write(append(line, '\n')); err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
		if !n.out.Scan() {
			return nil, fmt.Errorf("%s: answers no more: %w", n.name, io.ErrUnexpectedEOF)
		}
		var alarm int
		if _, err := fmt.Sscan(n.out.Text(), &said[i].score, &alarm); err != nil {
			return nil, fmt.Errorf("%s: answers %q: %w", n.name, n.out.Text(), err)
		}
		said[i].alarm = alarm == 1
	}
	return said, nil
}

// close ends the process.
func (n *neighbour) close() error {
	n.in.Close()
	return n.cmd.Wait()
}
