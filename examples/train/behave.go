package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/train"
)

// behaviour is what somebody does over time, as a log shows it: plainly, or
// changed so that it is harder to see.
type behaviour struct {
	kind     event.Kind
	activity string
	change   string // empty: done plainly
	write    func(t *traffic)
}

// traffic writes the records of one log, oldest first.
type traffic struct {
	r    *rand.Rand
	b    bytes.Buffer
	at   time.Time
	host string // inside
	peer string // outside
}

const (
	flowHead = "ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,src_pkts,dst_pkts,src_bytes,dst_bytes\n"
	nameHead = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\trcode_name\n#types\ttime\taddr\tport\taddr\tport\tenum\tstring\tstring\tstring\n"
)

// wait lets a time pass, more or less by the share of jitter.
func (t *traffic) wait(d time.Duration, jitter float64) {
	t.at = t.at.Add(time.Duration(float64(d) * (1 + jitter*(2*t.r.Float64()-1))))
}

// flow writes one flow; out bytes leave src. No answer comes where in is 0.
func (t *traffic) flow(src, dst string, port int, seconds float64, out, in int) {
	back := 0
	if in > 0 {
		back = 1 + in/1200
	}
	fmt.Fprintf(&t.b, "%.3f,%s,%d,%s,%d,tcp,%.3f,%d,%d,%d,%d\n", float64(t.at.UnixMilli())/1000, src, 32768+t.r.IntN(28000), dst, port, seconds, 1+out/900, back, out, in)
}

// ordinaryNet is where ordinary flows go, and nothing else.
const ordinaryNet = "198.51.100."

// ordinary writes what an office host does all day.
func (t *traffic) ordinary() {
	t.flow(t.host, ordinaryNet+fmt.Sprint(t.r.IntN(250)), []int{443, 443, 443, 80}[t.r.IntN(4)], 20*t.r.Float64(), 600+t.r.IntN(3000), 1000+t.r.IntN(90000))
}

// ask writes one query and its answer.
func (t *traffic) ask(name, kind, code string) {
	fmt.Fprintf(&t.b, "%.6f\t%s\t%d\t10.1.0.1\t53\tudp\t%s\t%s\t%s\n", float64(t.at.UnixMilli())/1000, t.host, 32768+t.r.IntN(28000), name, kind, code)
}

// letters returns n characters of an alphabet.
func (t *traffic) letters(of string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = of[t.r.IntN(len(of))]
	}
	return string(b)
}

const (
	alphabet = "abcdefghijklmnopqrstuvwxyz"
	base32   = alphabet + "234567"
)

// popular are names that CharBot begins with, any well-known ones.
var popular = []string{"wikipedia", "microsoft", "cloudflare", "instagram", "pinterest", "wordpress", "stackoverflow", "booking", "tripadvisor", "spotify", "weather", "nytimes", "craigslist", "soundcloud", "mozilla", "debian", "theguardian", "bloomberg", "vimeo", "dropbox"}

// behaviours lists what the suite does: first plainly, then changed.
// CharBot is that of Peck and others (2019, 1905.01078): a popular name with two
// characters replaced.
func behaviours() []behaviour {
	names := func(draw func(t *traffic) string) func(t *traffic) {
		return func(t *traffic) {
			for range 40 {
				t.ask(draw(t)+[]string{".com", ".net", ".org", ".info"}[t.r.IntN(4)], "A", "NXDOMAIN")
				t.wait(2*time.Second, 0.5)
			}
		}
	}
	tunnel := func(queries int, gap time.Duration, label func(t *traffic) string) func(t *traffic) {
		return func(t *traffic) {
			for range queries {
				t.ask(label(t)+".t."+t.peerName(), []string{"TXT", "CNAME"}[t.r.IntN(2)], "NOERROR")
				t.wait(gap, 0.5)
			}
		}
	}
	long := func(t *traffic) string { return t.letters(base32, 52) + "." + t.letters(base32, 40) }
	beacon := func(contacts int, gap time.Duration, jitter float64, chaff int) func(t *traffic) {
		return func(t *traffic) {
			for range contacts {
				t.flow(t.host, t.peer, 8443, 0.4+t.r.Float64()/10, 420+t.r.IntN(12), 310+t.r.IntN(12))
				for range chaff {
					t.wait(gap/time.Duration(chaff+1), 0.3)
					t.ordinary()
				}
				t.wait(gap/time.Duration(chaff+1), jitter)
			}
		}
	}
	scan := func(probes int, gap time.Duration, sources int) func(t *traffic) {
		return func(t *traffic) {
			for i := range probes {
				t.flow(fmt.Sprintf("203.0.113.%d", 1+i%sources), t.host, 1+i*7%9973, 0, 40, 0)
				t.wait(gap, 0.5)
			}
		}
	}
	upload := func(flows int, gap time.Duration, bytes int) func(t *traffic) {
		return func(t *traffic) {
			for range 200 { // a day's habits, against which an upload stands out
				t.ordinary()
				t.wait(time.Minute, 0.5)
			}
			for range flows {
				t.flow(t.host, t.peer, 443, 20+t.r.Float64()*100, bytes+t.r.IntN(1+bytes/50), 40_000)
				t.wait(gap, 0.3)
			}
		}
	}
	return []behaviour{
		{event.DNS, "generated names", "", names(func(t *traffic) string { return t.letters(alphabet, 12+t.r.IntN(8)) })},
		{event.DNS, "generated names", "CharBot: two letters of a popular name", names(func(t *traffic) string {
			name := []byte(popular[t.r.IntN(len(popular))])
			for range 2 {
				name[t.r.IntN(len(name))] = alphabet[t.r.IntN(len(alphabet))]
			}
			return string(name)
		})},
		{event.DNS, "generated names", "words of a dictionary", names(func(t *traffic) string { return word(t.r) + word(t.r) })},
		{event.DNS, "tunnel", "", tunnel(160, 800*time.Millisecond, long)},
		{event.DNS, "tunnel", "labels split", tunnel(320, 800*time.Millisecond, func(t *traffic) string {
			var labels []string
			for range 5 {
				labels = append(labels, t.letters(base32, 6+t.r.IntN(4)))
			}
			return strings.Join(labels, ".")
		})},
		{event.DNS, "tunnel", "slow: a query in five minutes for a day", tunnel(288, 5*time.Minute, long)},
		{event.DNS, "tunnel", "slow and short: 12 characters", tunnel(288, 5*time.Minute, func(t *traffic) string { return t.letters(base32, 12) })},
		{event.Flow, "beacon", "", beacon(110, 5*time.Minute, 0.02, 0)},
		{event.Flow, "beacon", "jitter of 50 %", beacon(110, 5*time.Minute, 0.5, 0)},
		{event.Flow, "beacon", "chaff: ten other flows between", beacon(110, 5*time.Minute, 0.02, 10)},
		{event.Flow, "beacon", "stretched: every two hours for two days", beacon(24, 2*time.Hour, 0.02, 0)},
		{event.Flow, "scan of ports", "", scan(300, 60*time.Millisecond, 1)},
		{event.Flow, "scan of ports", "slow: a probe in ten minutes for a day", scan(144, 10*time.Minute, 1)},
		{event.Flow, "scan of ports", "rotating: a hundred sources", scan(300, 60*time.Millisecond, 100)},
		{event.Flow, "exfiltration", "", upload(4, 3*time.Minute, 600_000_000)},
		{event.Flow, "exfiltration", "stretched: 400 flows in a day", upload(400, 200*time.Second, 6_000_000)},
	}
}

func (t *traffic) peerName() string {
	return strings.ReplaceAll(t.peer, ".", "") + ".example"
}

// measureBehaviours writes how many sources raise no alarm at all while they do
// each of behaviours, and which share of their records does.
func measureBehaviours(w io.Writer, seed uint64, sources int) error {
	fmt.Fprintf(w, "\n## Names, tunnels and flows\n\n%d sources each, in a log of their own, at a budget of %g %%; a source evades that raises no alarm at all. Nobody sees the score here.\n\n", sources, 100*attackBudget)
	fmt.Fprint(w, "| activity | change | evades | records that raise alarms |\n|---|---|---|---|\n")
	for n, v := range behaviours() {
		m, err := defaultModel(v.kind)
		if err != nil {
			return err
		}
		evaded, alarms, records := 0, 0, 0
		for i := range sources {
			r := rand.New(rand.NewPCG(seed, uint64(1000*n+i)))
			t := &traffic{r: r, at: time.Date(2026, 3, 2, 8, r.IntN(60), 0, 0, time.UTC), host: fmt.Sprintf("10.1.0.%d", 10+r.IntN(60)), peer: fmt.Sprintf("203.0.113.%d", 1+r.IntN(250))}
			source := train.Source{Name: v.activity, Log: &t.b}
			if v.kind == event.Flow {
				source.Format = "csv"
				t.b.WriteString(flowHead)
			} else {
				t.b.WriteString(nameHead)
			}
			v.write(t)
			set, err := train.Load([]train.Source{source}, train.LoadOptions{
				Event: event.Options{Kind: v.kind},
				Label: func(r *train.Record) (train.Label, error) {
					if strings.HasPrefix(column(r, "dst_ip"), ordinaryNet) {
						return train.Label{Y: 0, Weight: 1}, nil
					}
					return train.Label{Y: 1, Weight: 1}, nil
				},
			})
			if err != nil {
				return fmt.Errorf("%s, %s: %w", v.activity, v.change, err)
			}
			s, err := train.Score(m.Tiers, &set.Rows)
			if err != nil {
				return err
			}
			before := alarms
			for k, rate := range s.Rate {
				if set.Y[k] == 0 {
					continue
				}
				records++
				if rate <= attackBudget {
					alarms++
				}
			}
			if alarms == before {
				evaded++
			}
		}
		change := v.change
		if change == "" {
			change = "none"
		}
		fmt.Fprintf(w, "| %s | %s | %d of %d | %.1f %% |\n", v.activity, change, evaded, sources, 100*float64(alarms)/float64(max(records, 1)))
	}
	return nil
}
