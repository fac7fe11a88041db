package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tiercel/tiercel/plugins/abi"
	pb "github.com/tiercel/tiercel/plugins/learnerpb"
)

// misbehave does what the configuration says. extra is how many scores too
// many are answered.
func (s *service) misbehave(scores []float32, extra *int) (*pb.ScoreReply, error) {
	fill := func(f float64) {
		for i := range scores {
			scores[i] = float32(f)
		}
	}
	switch s.fault {
	case "exit":
		os.Exit(7)
	case "panic":
		panic("index out of \x1b[31mrange")
	case "hang":
		for {
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "stop":
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		time.Sleep(time.Hour) // this thread may run on for a moment
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour) // this thread may run on for a moment
	case "close":
		for fd := 3; fd < 100; fd++ {
			syscall.Close(fd)
		}
		time.Sleep(time.Hour)
	case "error":
		return nil, errors.New("no such \x1b[2J thing")
	case "own status":
		return &pb.ScoreReply{Status: int32(abi.StatusOwn) + 1, Message: "seventeen"}, nil
	case "oversize":
		return &pb.ScoreReply{Scores: make([]byte, 20<<20)}, nil
	case "memory":
		var hoard [][]byte
		for {
			hoard = append(hoard, make([]byte, 64<<20))
			for i := 0; i < len(hoard[len(hoard)-1]); i += 4096 {
				hoard[len(hoard)-1][i] = 1
			}
		}
	case "nan":
		fill(math.NaN())
	case "infinite":
		fill(math.Inf(1))
	case "out of range":
		fill(1e6)
	case "short":
		*extra = -1
	case "long":
		*extra = 1
	case "constant":
		fill(0.5)
	case "random":
		for i := range scores {
			scores[i] = float32(s.calls) / float32(i+1)
		}
	case "flood":
		line := strings.Repeat("log ", 20) + "\n"
		for range 20000 {
			syscall.Write(2, []byte(line))
		}
	case "stdout":
		fmt.Fprintln(s.stdout, "Epoch 1/10")
		s.stdout.Sync()
		time.Sleep(50 * time.Millisecond)
	case "socket":
		all, _ := filepath.Glob(filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "*"))
		for _, f := range all {
			os.Remove(f)
		}
	case "fork":
		started := 0
		for range 1000 {
			if exec.Command("/bin/sleep", "1000").Start() == nil {
				started++
			}
		}
		fill(float64(started))
	case "probe":
		fill(0)
		copy(scores, probe())
	}
	return nil, nil
}

// probe tries what a confined process cannot do: 1 for each that succeeds, in
// the order of the test's names.
func probe() (done []float32) {
	try := func(err error) {
		if err == nil {
			done = append(done, 1)
		} else {
			done = append(done, 0)
		}
	}
	open := func(path string, flag int) error {
		f, err := os.OpenFile(path, flag, 0o600)
		if err == nil {
			f.Close()
		}
		return err
	}
	dial := func(network, address string) error {
		c, err := net.DialTimeout(network, address, time.Second)
		if err == nil {
			c.Close()
		}
		return err
	}
	listen := func(address string) error {
		l, err := net.Listen("tcp", address)
		if err == nil {
			l.Close()
		}
		return err
	}
	try(open("/etc/passwd", os.O_RDONLY))
	try(open("/tmp", os.O_RDONLY))
	try(open("/tmp/tiercel-faulty-was-here", os.O_CREATE|os.O_WRONLY))
	try(open(fmt.Sprintf("/proc/%d/mem", os.Getppid()), os.O_RDWR))
	try(open(fmt.Sprintf("/proc/%d/environ", os.Getppid()), os.O_RDONLY))
	try(syscall.Kill(os.Getppid(), 0))
	try(syscall.PtraceAttach(os.Getppid()))
	try(listen("127.0.0.1:0"))
	try(dial("udp", "127.0.0.1:53"))
	try(exec.Command("/bin/true").Run())
	try(syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}))
	try(open(filepath.Join(os.Getenv("TMPDIR"), "mine"), os.O_CREATE|os.O_WRONLY)) // it may
	return done
}
