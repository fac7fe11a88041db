package follow_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/follow"
)

// drain polls until nothing has arrived for some polls: a rotation takes a few.
func drain(t *testing.T, tail *follow.Tail) string {
	t.Helper()
	var got strings.Builder
	for quiet := 0; quiet < 6; quiet++ {
		p, err := tail.Poll()
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Data) > 0 {
			got.Write(p.Data)
			quiet = 0
		}
	}
	return got.String()
}

func add(t *testing.T, path, text string) {
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

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// copyTruncate is logrotate's copytruncate.
func copyTruncate(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(from, 0); err != nil {
		t.Fatal(err)
	}
}

const (
	one   = "the first line of the log\n"
	two   = "another line, the second\n"
	three = "line number three\n"
	four  = "and a fourth one\n"
)

func TestTail(t *testing.T) {
	cases := []struct {
		name  string
		steps []func(t *testing.T, log string) // a drain follows each
		want  string
	}{
		{"grows", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, one) },
			func(t *testing.T, log string) { add(t, log, two[:5]) },
			func(t *testing.T, log string) { add(t, log, two[5:]) },
		}, one + two},
		{"comes later", []func(*testing.T, string){
			func(*testing.T, string) {},
			func(t *testing.T, log string) { add(t, log, one) },
		}, one},
		{"renamed, written to once more, then made anew", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, one) },
			func(t *testing.T, log string) { rename(t, log, log+".1"); add(t, log+".1", two) },
			func(t *testing.T, log string) { add(t, log, three) },
		}, one + two + three},
		{"renamed with a line that has no end", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, one+"cut") },
			func(t *testing.T, log string) { rename(t, log, log+".1"); add(t, log, two) },
		}, one + "cut\n" + two},
		{"renamed twice at once", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, one) },
			func(t *testing.T, log string) {
				rename(t, log, log+".2")
				add(t, log+".1", two)
				add(t, log, three)
			},
		}, one + two + three},
		{"copied and truncated", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, one+two) },
			func(t *testing.T, log string) { add(t, log, three); copyTruncate(t, log, log+".1") },
			func(t *testing.T, log string) { add(t, log, four) },
		}, one + two + three + four},
		{"truncated and longer again at once", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, one) },
			func(t *testing.T, log string) { copyTruncate(t, log, log+".1"); add(t, log, two+three+four) },
		}, one + two + three + four},
		{"truncated without a copy", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, one+two) },
			func(t *testing.T, log string) { os.Truncate(log, 0); add(t, log, three) },
		}, one + two + three},
		{"line without end", []func(*testing.T, string){
			func(t *testing.T, log string) { add(t, log, strings.Repeat("x", 5<<20)) },
			func(t *testing.T, log string) { add(t, log, "x\n"+one) },
		}, strings.Repeat("x", 1<<20+1) + "\n" + one},
	}
	for _, c := range cases {
		for _, restarted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s restarted %v", c.name, restarted), func(t *testing.T) {
				if restarted && c.name == "line without end" {
					t.Skip("what was passed over of a line is not remembered")
				}
				log := filepath.Join(t.TempDir(), "access.log")
				tail, _ := follow.NewTail(log, nil)
				var got strings.Builder
				for _, step := range c.steps {
					step(t, log)
					got.WriteString(drain(t, tail))
					if restarted {
						at := tail.Position()
						tail.Close()
						tail, _ = follow.NewTail(log, &at)
					}
				}
				tail.Close()
				if got.String() != c.want {
					t.Errorf("read %.200q, want %.200q", got.String(), c.want)
				}
			})
		}
	}
}

// Whatever happens to a log, and whenever the process that follows it ends,
// each line is read once.
func TestTailRandom(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		log := filepath.Join(t.TempDir(), "access.log")
		tail, _ := follow.NewTail(log, nil)
		add(t, log, one)
		var want, got strings.Builder
		want.WriteString(one)
		got.WriteString(drain(t, tail))
		line, turn := 0, 0
		for range 60 {
			for range random.IntN(40) {
				line++
				text := fmt.Sprintf("seed %d line %d %s\n", seed, line, strings.Repeat("x", random.IntN(200)))
				want.WriteString(text)
				add(t, log, text)
			}
			switch random.IntN(6) {
			case 0:
				if _, err := os.Stat(log); err == nil {
					turn++
					rename(t, log, fmt.Sprintf("%s.%d", log, turn))
					time.Sleep(5 * time.Millisecond) // times of files are that coarse
				}
			case 1:
				at := tail.Position()
				tail.Close()
				tail, _ = follow.NewTail(log, &at)
			default:
				p, err := tail.Poll()
				if err != nil {
					t.Fatal(err)
				}
				got.Write(p.Data)
			}
		}
		got.WriteString(drain(t, tail))
		tail.Close()
		if got.String() != want.String() {
			t.Fatalf("seed %d: read %d bytes of %d, or others", seed, got.Len(), want.Len())
		}
	}
}

func TestStream(t *testing.T) {
	r, w := io.Pipe()
	s := follow.NewStream(r)
	go func() {
		io.WriteString(w, one+two[:4])
		io.WriteString(w, two[4:]+three[:len(three)-1])
		w.Close()
	}()
	var got strings.Builder
	for {
		p, err := s.Poll()
		if err != nil {
			t.Fatal(err)
		}
		got.Write(p.Data)
		if p.End {
			break
		}
	}
	if want := one + two + three; got.String() != want[:len(want)-1] {
		t.Errorf("read %q, want %q", got.String(), want)
	}
}

func TestStoreRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"rubbish":       "rubbish",
		"other version": `{"version":9,"files":[],"incidents":0}`,
		"other members": `{"version":1,"password":"x"}`,
	} {
		path := filepath.Join(t.TempDir(), "state")
		os.WriteFile(path, []byte(text), 0o600)
		if _, err := follow.NewStore(path).Load(); err == nil {
			t.Errorf("%s was taken for a state", name)
		}
	}
}
