package event

import (
	"math"
	"strings"
	"testing"
)

func TestSyslogEnvelope(t *testing.T) {
	at := utc(2005, 6, 14, 15, 16, 1, 0)
	for _, c := range []struct {
		name, line                     string
		time                           int64
		host, process, message, action string
		pid                            float64
	}{
		{"RFC 3164", "Jun 14 15:16:01 web1 prog[123]: hello: world", at, "web1", "prog", "hello: world", ActionOther, 123},
		{"priority", "<34>Jun 14 15:16:01 web1 prog: hello", at, "web1", "prog", "hello", ActionOther, math.NaN()},
		{"priority, no stamp", "<34>prog[7]: hello", NoTime, "", "prog", "hello", ActionOther, 7},
		{"priority, text only", "<34>hello there", NoTime, "", "", "hello there", ActionOther, math.NaN()},
		{"rsyslog's precise stamp", "2005-06-14T17:16:01.000000+02:00 web1 prog[123]: hello", at, "web1", "prog", "hello", ActionOther, 123},
		{"PAM module in the tag", "Jun 14 15:16:01 web1 prog(pam_x)[9]: hello", at, "web1", "prog", "hello", ActionOther, 9},
		{"version in the tag", "Jun 14 15:16:01 web1 syslogd 1.4.1: restart.", at, "web1", "syslogd", "restart.", ActionOther, math.NaN()},
		{"path as program", "Jun 14 15:16:01 web1 /usr/sbin/gmetad[1]: x", at, "web1", "gmetad", "x", ActionOther, 1},
		{"no host", "Jun 14 15:16:01 prog[123]: hello", at, "", "prog", "hello", ActionOther, 123},
		{"no tag", "Jun 14 15:16:01 web1 -- MARK --", at, "web1", "", "-- MARK --", ActionOther, math.NaN()},
		{"absurd stamp", "Jun 99 15:16:01 web1 prog: hello", NoTime, "web1", "prog", "hello", ActionOther, math.NaN()},
		{"cluster", "- 1118762161 2005.06.14 n1 Jun 14 15:16:01 src@n1 prog[5]: hello", at, "n1", "prog", "hello", ActionOther, 5},
		{"cluster alert", "ECC 1118762161 2005.06.14 n1 Jun 14 15:16:01 n1/n1 prog: hello", at, "n1", "prog", "hello", ActionOther, math.NaN()},
		{"RFC 5424", "<34>1 2005-06-14T15:16:01Z web1 prog 77 ID47 - hello", at, "web1", "prog", "hello", ActionOther, 77},
		{"RFC 5424 data", `<34>1 2005-06-14T15:16:01Z web1 prog - - [a@1 k="v\"] w"][b] ` + "\xEF\xBB\xBFhello", at, "web1", "prog", "hello", ActionOther, math.NaN()},
		{"RFC 5424 nothing", "<34>1 - - - - - -", NoTime, "", "", "", ActionOther, math.NaN()},
		{"RFC 5424 data only", `<34>1 - h p - - [a k="v"]`, NoTime, "h", "p", `[a k="v"]`, ActionOther, math.NaN()},
		{"RFC 5424 open data", `<34>1 - h p - - [a k="v`, NoTime, "h", "p", `[a k="v`, ActionOther, math.NaN()},
		{"vsftpd.log", `Tue Jun 14 15:16:01 2005 [pid 12] [ann] OK LOGIN: Client "192.0.2.1"`, at, "", "", `[ann] OK LOGIN: Client "192.0.2.1"`, ActionLogin, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, e, err := parseLine(t, syslogParser{2005}, c.line)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind != Auth || e.Time != c.time {
				t.Errorf("kind %v, time %d; want auth, %d", e.Kind, e.Time, c.time)
			}
			if pid := e.Num[ProcessID]; pid != c.pid && !(math.IsNaN(pid) && math.IsNaN(c.pid)) {
				t.Errorf("pid %v, want %v", pid, c.pid)
			}
			got := [...]string{string(b.Text(e, HostName)), string(b.Text(e, Process)), string(b.Text(e, Message)), string(b.Text(e, Action))}
			if want := [...]string{c.host, c.process, c.message, c.action}; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestSyslogRefuses(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       error
	}{
		{"blank", "", ErrSkip},
		{"comment", "# x", ErrSkip},
		{"prose", "hello world", errSyslog},
		{"only a stamp", "Jun 14 15:16:01", errSyslog},
		{"access log", combinedLine, errSyslog},
		{"JSON", `{"a":1}`, errSyslog},
		{"date, blank, clock", "2005-06-14 15:16:01 10.0.0.7 GET /a", errSyslog},
		{"nginx error log", nginxErrorFormat().Example, errSyslog},
		{"date only", "2005-06-14 hello", errSyslog},
		{"priority too high", "<999>Jun 14 15:16:01 web1 prog: hello", errSyslog},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := parseLine(t, syslogParser{}, c.line); err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestSyslogMatch(t *testing.T) {
	f := syslogFormat()
	if sure, why := f.Match([]byte(f.Example+"\n"+f.Example+"\nx y z\n"), Options{}); sure < 0.6 || sure > 0.7 || why != "2 of 3 lines are syslog" {
		t.Errorf("%v %q", sure, why)
	}
	if sure, _ := f.Match([]byte(strings.Repeat(combinedLine+"\n", 3)), Options{}); sure != 0 {
		t.Errorf("an access log matches: %v", sure)
	}
}

func TestSyslogAllocatesNothing(t *testing.T) {
	line := syslogFormat().Example
	b := &Batch{Buf: append(make([]byte, 0, 4096), line...)}
	var e Event
	if n := testing.AllocsPerRun(100, func() {
		e.Reset()
		if err := (syslogParser{}).Parse(b, Span{0, uint32(len(line))}, &e); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if want := len(line) + len(vocabulary); len(b.Buf) != want {
		t.Errorf("the buffer grew to %d, want %d: words once a batch", len(b.Buf), want)
	}
}

func BenchmarkSyslog(b *testing.B) {
	line := syslogFormat().Example
	batch := &Batch{Buf: []byte(line)}
	var e Event
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		e.Reset()
		if err := (syslogParser{}).Parse(batch, Span{0, uint32(len(line))}, &e); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzSyslog(f *testing.F) {
	for _, c := range authCases {
		f.Add("Jun 14 15:16:01 web1 " + c.line)
	}
	f.Add(`<34>1 2005-06-14T15:16:01Z web1 prog - - [a@1 k="v\"] w"][b] hello`)
	f.Add("- 1118762161 2005.06.14 n1 Jun 14 15:16:01 src@n1 sshd[5]: Failed password for  from  port ")
	f.Add(`Tue Jun 14 15:16:01 2005 [pid 12] [ann] OK LOGIN: Client "192.0.2.1"`)
	f.Fuzz(func(t *testing.T, line string) {
		fuzzLine(t, syslogParser{2005}, line)
		syslogFormat().Match([]byte(line), Options{})
	})
}
