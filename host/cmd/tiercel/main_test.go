package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The test binary runs as tiercel when this variable is set, so that exit
// statuses, streams and memory are those of a process. Its value names a file
// for the most memory that the process had.
const asTiercel = "TIERCEL_TEST_MAIN"

// reportMemory writes the largest resident set of this process to a file,
// where the system tells: Linux. (What wait4 tells of a child counts its
// parent's memory at the fork.)
func reportMemory(file string) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	if _, rest, ok := bytes.Cut(status, []byte("VmHWM:")); ok {
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		os.WriteFile(file, bytes.TrimSpace(bytes.TrimSuffix(line, []byte("kB"))), 0o600)
	}
}

// trained is the model that TestMain trains: no test depends on the embedded ones.
var trained string

func TestMain(m *testing.M) {
	letClockJump()
	if file := os.Getenv(asTiercel); file != "" {
		ctx, stop := interruptible()
		status := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
		stop()
		reportMemory(file)
		os.Exit(status)
	}
	if os.Getenv(asNATS) != "" {
		os.Exit(runNATS(os.Args[1:]))
	}
	dir, err := os.MkdirTemp("", "tiercel")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	trained = filepath.Join(dir, "auth.tiercel")
	status := 1
	if err := trainOnce(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		status = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

// trainOnce trains the model by the command that users have.
func trainOnce(dir string) error {
	log, labels := sshLog(400, 20)
	files := map[string]string{"auth.log": log, "labels.csv": labels}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	var out, said bytes.Buffer
	status := run(context.Background(), []string{
		"train", "--kind", "auth", "--data", filepath.Join(dir, "auth.log"),
		"--labels", filepath.Join(dir, "labels.csv"), "--type", "type", "-o", trained,
	}, streams{strings.NewReader(""), &out, &said})
	if status != 0 || out.Len() != 0 || !strings.Contains(said.String(), "guard part") {
		return fmt.Errorf("train: status %d: %s%s", status, out.String(), said.String())
	}
	return nil
}

// attacker is the address in sshLog that means harm.
const attacker = "203.0.113.9"

// sshLog writes a small log of an SSH server with its labels: people who log
// in, now and then with a slip of the finger, and attackers who try passwords.
// The first attacker is the constant above.
func sshLog(n, attackers int) (log, labels string) {
	var l, y strings.Builder
	y.WriteString("line,label,type\n")
	line := 0
	add := func(at int, label string, format string, a ...any) {
		line++
		fmt.Fprintf(&l, "2026-01-29T%02d:%02d:%02dZ web1 sshd[%d]: ", at/3600, at/60%60, at%60, 2000+line)
		fmt.Fprintf(&l, format+"\n", a...)
		fmt.Fprintf(&y, "%d,%s\n", line, label)
	}
	for i := range n {
		at := 20000 + i*40
		user, address := []string{"anna", "ben", "carla", "deploy"}[i%4], fmt.Sprintf("192.0.2.%d", 10+i%23)
		if i%19 == 0 {
			add(at, "0,normal", "Failed password for %s from %s port %d ssh2", user, address, 40000+i)
		}
		add(at+3, "0,normal", "Accepted password for %s from %s port %d ssh2", user, address, 40000+i)
		add(at+3, "0,normal", "pam_unix(sshd:session): session opened for user %s(uid=1000) by (uid=0)", user)
		if i%4 == 1 && i > n/8 {
			from := fmt.Sprintf("203.0.113.%d", 9+i/4%attackers)
			add(at+10, "1,brute-force", "Failed password for invalid user %s from %s port %d ssh2", []string{"admin", "oracle", "test", "root"}[i/4%4], from, 50000+i)
			add(at+11, "1,brute-force", "Failed password for root from %s port %d ssh2", from, 50000+i)
		}
	}
	return l.String(), y.String()
}

// result is what a run of the process left.
type result struct {
	status   int
	out, err string
	memory   int64 // largest resident set in bytes, 0 where the system does not tell
}

// tiercel runs the process.
func tiercel(t testing.TB, stdin io.Reader, args ...string) result {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	peak := filepath.Join(t.TempDir(), "memory")
	c.Env = append(os.Environ(), asTiercel+"="+peak, "GOGC="+strconv.Itoa(gcPercent)) // as main sets it
	c.Stdin = stdin
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	err = c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	memory, _ := os.ReadFile(peak)
	kilobytes, _ := strconv.ParseInt(string(memory), 10, 64)
	return result{c.ProcessState.ExitCode(), out.String(), said.String(), kilobytes << 10}
}

// write puts a file into a folder of the test and returns its path.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyFiles writes a new pair of ed25519 keys and returns the names of the files.
func keyFiles(t testing.TB) (private, public string) {
	t.Helper()
	open, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	pkix, err := x509.MarshalPKIXPublicKey(open)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		write(t, "pub.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}))
}
