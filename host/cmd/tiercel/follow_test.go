package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// follower is a tiercel process that follows.
type follower struct {
	*exec.Cmd
	said bytes.Buffer
}

func startFollower(t *testing.T, stdin io.Reader, out io.Writer, args ...string) *follower {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := &follower{Cmd: exec.Command(self, append([]string{"scan", "--follow", "--model", trained, "--all"}, args...)...)}
	f.Env = append(os.Environ(), asTiercel+"="+filepath.Join(t.TempDir(), "memory"))
	f.Stdin, f.Stdout, f.Stderr = stdin, out, &f.said
	if err := f.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Process.Kill(); f.Wait() })
	return f
}

// interrupt ends the process as ^C does and returns its exit status.
func (f *follower) interrupt() int {
	f.Process.Signal(os.Interrupt)
	f.Wait()
	return f.ProcessState.ExitCode()
}

// until waits for a condition, for some seconds at most.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func countLines(path string) int {
	data, _ := os.ReadFile(path)
	return bytes.Count(data, []byte{'\n'})
}

func appendFile(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
}

// Following a log that grows and is rotated gives the verdicts of one scan of
// the whole, as they come, and a summary at the interrupt.
func TestFollow(t *testing.T) {
	text, _ := sshLog(200, 5)
	whole := verdicts(t, tiercel(t, nil, "scan", "--model", trained, "--all", "--output", "ndjson", write(t, "auth.log", []byte(text))).out)
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	dir := t.TempDir()
	log, out := filepath.Join(dir, "auth.log"), filepath.Join(dir, "verdicts")
	f := startFollower(t, nil, io.Discard, "-o", out, log)
	appendFile(t, log, strings.Join(lines[:100], ""))
	until(t, "the first verdicts", func() bool { return countLines(out) == 100 })
	appendFile(t, log, strings.Join(lines[100:150], ""))
	os.Rename(log, log+".1")
	appendFile(t, log, strings.Join(lines[150:], ""))
	until(t, "the last verdicts", func() bool { return countLines(out) == len(lines) })
	if status := f.interrupt(); status != 0 {
		t.Errorf("status %d: %s", status, &f.said)
	}
	if said := f.said.String(); !strings.Contains(said, fmt.Sprintf("%d lines read, 0 not parsed", len(lines))) {
		t.Errorf("no summary of %d lines: %s", len(lines), said)
	}
	data, _ := os.ReadFile(out)
	for i, v := range verdicts(t, string(data)) {
		record := int64(i + 1)
		if i >= 150 {
			record -= 150
		}
		if *v.Score != *whole[i].Score || v.Incident != whole[i].Incident || v.Record != record {
			t.Fatalf("record %d: %+v, want %+v", record, v, whole[i])
		}
	}
}

func TestFollowStandardInput(t *testing.T) {
	text, _ := sshLog(60, 5)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "verdicts")
	f := startFollower(t, r, io.Discard, "-o", out, "-")
	half := strings.LastIndexByte(text[:len(text)/2], '\n') + 1
	io.WriteString(w, text[:half])
	until(t, "verdicts while the pipe is open", func() bool { return countLines(out) == strings.Count(text[:half], "\n") })
	io.WriteString(w, text[half:])
	w.Close()
	if err := f.Wait(); err != nil {
		t.Errorf("%v: %s", err, &f.said)
	}
	if got, want := countLines(out), strings.Count(text, "\n"); got != want {
		t.Errorf("%d verdicts, want %d", got, want)
	}
}

// Killed at any moment, through rotations, and started again, it judges each
// record once.
func TestFollowKilled(t *testing.T) {
	text, _ := sshLog(300, 5)
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			dir := t.TempDir()
			log, out, state := filepath.Join(dir, "auth.log"), filepath.Join(dir, "verdicts"), filepath.Join(dir, "state")
			start := func() *follower {
				return startFollower(t, nil, io.Discard, "--format", "syslog", "--state", state, "-o", out, log)
			}
			f := start()
			turn := 0
			for at := 0; at < len(lines); {
				n := min(random.IntN(30), len(lines)-at)
				appendFile(t, log, strings.Join(lines[at:at+n], ""))
				at += n
				time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
				switch random.IntN(8) {
				case 0:
					f.Process.Kill()
					f.Wait()
					f = start()
				case 1:
					if data, _ := os.ReadFile(state); len(data) > 0 && !bytes.Contains(data, []byte(`"offset": 0`)) {
						turn++
						os.Rename(log, fmt.Sprint(log, ".", turn))
						time.Sleep(5 * time.Millisecond)
					}
				}
			}
			until(t, "all verdicts", func() bool { return countLines(out) >= len(lines) })
			f.Process.Signal(syscall.SIGTERM)
			f.Wait()
			data, _ := os.ReadFile(out)
			got := verdicts(t, string(data))
			if len(got) != len(lines) {
				t.Fatalf("%d verdicts of %d lines: %s", len(got), len(lines), &f.said)
			}
			for i, v := range got {
				stamp, _, _ := strings.Cut(lines[i], " ")
				if !strings.HasPrefix(v.Time, strings.TrimSuffix(stamp, "Z")) {
					t.Fatalf("verdict %d is of %s, line of %s", i+1, v.Time, stamp)
				}
			}
		})
	}
}
