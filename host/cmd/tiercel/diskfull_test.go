package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// smallDisk is a file system of its own that only processes started under it see.
type smallDisk struct{ pid int }

// newSmallDisk mounts one on a folder, full but for some bytes. It needs a
// system where users may have mounts of their own.
func newSmallDisk(t *testing.T, folder string, size, free int) *smallDisk {
	t.Helper()
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		`mount -t tmpfs -o size="$2" none "$1" && head -c "$3" /dev/zero >"$1/ballast" && echo ready && exec sleep 600`,
		"sh", folder, strconv.Itoa(size), strconv.Itoa(size-free))
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err == nil {
		t.Cleanup(func() { c.Process.Kill(); c.Wait() })
		if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
			err = fmt.Errorf("mount said %q", line)
		}
	}
	if err != nil {
		t.Skipf("no file system of a size of its own can be made here: %v", err)
	}
	return &smallDisk{c.Process.Pid}
}

// under returns the command that a process sees the disk by.
func (d *smallDisk) under() []string {
	return []string{"nsenter", "--target", strconv.Itoa(d.pid), "--user", "--mount", "--preserve-credentials", "--"}
}

// When the disk is full the service ends and says so, since NATS stores nothing
// more until it is started anew. What watches the service does that; when there
// is room again it goes on: nothing that it took is lost, nothing judged twice.
func TestDiskFull(t *testing.T) {
	text, _ := sshLog(1500, 40)
	parts := batches(text, 200)
	want := undisturbed(t, text, parts)
	h := rooms(t)
	folder := filepath.Join(h.dir, "streams")
	disk := newSmallDisk(t, folder, 64<<20, 512<<10)
	h.under, h.supervised = disk.under(), true
	h.configure(fmt.Sprintf("nats: {dir: %q, partitions: 4}\n", folder), "")
	h.start()
	first := h.serve
	go func() {
		<-first.gone
		time.Sleep(2 * time.Second) // full for a while
		clear := append(disk.under(), "rm", filepath.Join(folder, "ballast"))
		if said, err := exec.Command(clear[0], clear[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
	}()
	for i, p := range parts {
		h.post(i, p)
	}
	h.compare(want)
	if !first.ended() || !strings.Contains(first.log(), "no space left") {
		t.Errorf("the disk was to be full: %s", first.log())
	}
	for status := range h.refused {
		if status != 429 && status != 503 {
			t.Errorf("%d answers of status %d", h.refused[status], status)
		}
	}
	t.Logf("started anew %d times; refused: %v", h.revived, h.refused)
}
