package feature

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/tiercel/tiercel/core/event"
)

var contextKinds = []event.Kind{event.HTTP, event.Flow, event.DNS, event.Auth}

// column returns a context column of a row by name.
func column(t testing.TB, k event.Kind, row []float32, name string) float64 {
	t.Helper()
	for i, n := range ContextNames(k) {
		if n == name {
			return float64(row[i])
		}
	}
	t.Fatalf("no column %q", name)
	return 0
}

// observe returns an observation of few entities, peers and items.
func observe(rng *rand.Rand, k event.Kind, now *int64) Observation {
	*now += int64(rng.ExpFloat64() * 3e9)
	o := Observation{
		Kind: k, Time: *now - int64(rng.IntN(3))*1e9,
		Entity: uint64(rng.IntN(40)) * hashA, Peer: uint64(rng.IntN(20)) * hashB,
		Item: uint64(rng.IntN(60)) * hashC, Service: uint64(rng.IntN(8)) * hashA,
		Flags: rng.Uint32(), In: float32(rng.ExpFloat64() * 1000), Out: float32(rng.ExpFloat64() * 1000),
		Length: float32(rng.IntN(60)),
	}
	if rng.IntN(20) == 0 {
		o.Time = event.NoTime
	}
	return o
}

func TestContextColumns(t *testing.T) {
	for _, k := range contextKinds {
		seen := map[string]bool{}
		for i, c := range ContextColumns(k) {
			if c.Name == "" || c.Words == "" || seen[c.Name] || !strings.Contains(c.Name, ".") {
				t.Errorf("%v: column %d is %+v", k, i, c)
			}
			seen[c.Name] = true
		}
		if len(seen) == 0 {
			t.Errorf("%v has no columns", k)
		}
	}
	if n := ContextNames(event.Table); len(n) != 0 {
		t.Errorf("table has context columns %v", n)
	}
}

// Every column is written, lies on its scale, and the same observations give
// the same bits, however often and after a restore in the middle.
func TestContextUpdate(t *testing.T) {
	for _, k := range contextKinds {
		t.Run(k.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 8))
			a := NewContext(k, ContextLimits{Entities: 30})
			b := NewContext(k, ContextLimits{Entities: 30})
			d := len(ContextNames(k))
			var now int64 = 1.7e18
			for i := range 5000 {
				o := observe(rng, k, &now)
				o.Entity, o.Peer, o.Item, o.Service = o.Entity|1, o.Peer|1, o.Item|1, o.Service|1
				row, again := nanRow(d), nanRow(d)
				a.Update(row, &o)
				b.Update(again, &o)
				for j, x := range row {
					if !(x >= 0 && x < 40) {
						t.Fatalf("event %d: %s = %g", i, ContextNames(k)[j], x)
					}
					if math.Float32bits(x) != math.Float32bits(again[j]) {
						t.Fatalf("event %d: %s is %g and %g", i, ContextNames(k)[j], x, again[j])
					}
				}
				if i%1777 == 1000 {
					state := a.AppendTo(nil)
					b = NewContext(k, ContextLimits{Entities: 30})
					if err := b.Restore(state); err != nil {
						t.Fatal(err)
					}
					if again := b.AppendTo(nil); !bytes.Equal(state, again) {
						t.Fatal("a snapshot of a restored context differs")
					}
				}
			}
		})
	}
}

func nanRow(d int) []float32 {
	row := make([]float32, d)
	for i := range row {
		row[i] = float32(math.NaN())
	}
	return row
}

func TestContextIgnores(t *testing.T) {
	c := NewContext(event.Flow, ContextLimits{})
	row := nanRow(numFlowContext)
	for name, o := range map[string]Observation{
		"other kind": {Kind: event.DNS, Entity: 1},
		"unreadable": {},
		"no entity":  {Kind: event.Flow, Peer: 1, Item: 1},
	} {
		c.Update(row, &o)
		for i, x := range row {
			if x == x {
				t.Errorf("%s: column %d is %g", name, i, x)
			}
		}
	}
	NewContext(event.Table, ContextLimits{}).Update(nil, &Observation{Kind: event.Table, Entity: 1})
}

func TestContextWithoutTime(t *testing.T) {
	c := NewContext(event.Auth, ContextLimits{})
	row := make([]float32, numAuthContext)
	for range 3 {
		c.Update(row, &Observation{Kind: event.Auth, Time: event.NoTime, Entity: 5, Flags: FlagLogin | FlagFailed})
	}
	if got := math.Expm1(column(t, event.Auth, row, "source.failures_1h")); math.Abs(got-3) > 0.01 {
		t.Errorf("three failures without time count %.3f", got)
	}
	if c.now != 3*pseudoStep {
		t.Errorf("pseudo-time is %d after three records", c.now)
	}
	c.Update(row, &Observation{Kind: event.Auth, Time: 5e18, Entity: 5})
	if c.now != maxTime {
		t.Errorf("time 5e18 is kept as %d", c.now)
	}
}

// The default tables stay under 25 MiB, index, keys and links included.
func TestContextMemory(t *testing.T) {
	for _, k := range contextKinds {
		total := 0
		for _, l := range rolesOf(k) {
			if l != nil {
				total += l.bytes() * DefaultEntities
			}
		}
		if total > 25<<20 {
			t.Errorf("%v takes %.1f MiB", k, float64(total)/(1<<20))
		}
	}
	// And that is what a full table holds.
	w := newWindows(*flowSourceLayout(), 1000)
	var v view
	for key := range uint64(5000) {
		w.visit(&v, key*hashA|1, 0)
	}
	held := int(unsafe.Sizeof(entry{}))*cap(w.entries) + int(unsafe.Sizeof(slab{}))*cap(w.slabs) + int(unsafe.Sizeof(bucket{}))*len(w.index)
	for _, s := range w.slabs {
		held += 4*cap(s.numbers) + 8*cap(s.words)
	}
	if limit := 1024 * w.bytes(); held > limit {
		t.Errorf("1000 windows hold %d bytes, want at most %d", held, limit)
	}
}

func TestRestoreRefuses(t *testing.T) {
	c := NewContext(event.DNS, ContextLimits{Entities: 8})
	row := make([]float32, numDNSContext)
	for i := range uint64(5) {
		c.Update(row, &Observation{Kind: event.DNS, Entity: i + 1, Peer: i + 1, Item: i + 1, Service: 1})
	}
	good := c.AppendTo(nil)
	edit := func(at int, b ...byte) []byte {
		return append(append(append([]byte(nil), good[:at]...), b...), good[at+len(b):]...)
	}
	const firstRole, firstWindow = 16, 28
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "not one"},
		{"magic", edit(0, 'X'), "not one"},
		{"kind", edit(4, byte(event.Flow)), "of kind flow"},
		{"header", edit(5, 9), "header"},
		{"now", edit(8, 255, 255, 255, 255, 255, 255, 255, 127), "time out of range"},
		{"count", edit(firstRole, 200), "limit is 8"},
		{"huge count", edit(firstRole, 255, 255, 255, 255), "limit is 8"},
		{"shape", edit(firstRole+4, 1), "another shape"},
		{"key", edit(firstWindow, make([]byte, 8)...), "key twice"},
		{"window time", edit(firstWindow+8, 255, 255, 255, 255, 255, 255, 255, 127), "time out of range"},
		{"NaN", edit(firstWindow+16, 0, 0, 0xc0, 0x7f), "no number"},
		{"negative", edit(firstWindow+16, 0, 0, 0x80, 0xbf), "no number"},
		{"cut", good[:len(good)-1], "too early"},
		{"behind", append(append([]byte(nil), good...), 0), "behind"},
	} {
		err := c.Restore(tt.data)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if n := len(c.source.entries); n != 0 {
			t.Errorf("%s: %d windows left", tt.name, n)
		}
	}
	if err := c.Restore(good); err != nil {
		t.Fatal(err)
	}
}

func FuzzRestore(f *testing.F) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, k := range contextKinds {
		c := NewContext(k, ContextLimits{Entities: 4})
		f.Add(byte(k), c.AppendTo(nil))
		row := make([]float32, len(ContextNames(k)))
		var now int64
		for range 20 {
			o := observe(rng, k, &now)
			c.Update(row, &o)
		}
		f.Add(byte(k), c.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		c := NewContext(event.Kind(kind), ContextLimits{Entities: 8})
		err := c.Restore(data)
		if err == nil && !bytes.Equal(c.AppendTo(nil), data) {
			t.Fatal("an accepted snapshot is written back differently")
		}
		rng := rand.New(rand.NewPCG(1, 1))
		row := make([]float32, len(ContextNames(event.Kind(kind))))
		var now int64
		for range 8 {
			o := observe(rng, event.Kind(kind), &now)
			c.Update(row, &o)
		}
	})
}

// FuzzContext feeds observations of any numbers: no panic, and every value is
// a number >= 0 or NaN for absent.
func FuzzContext(f *testing.F) {
	f.Add(byte(event.Flow), int64(0), int64(-1<<63), int64(1<<62), uint32(3), float32(1e30), float32(-1))
	f.Add(byte(event.DNS), int64(1e18), int64(1), int64(-4e18), uint32(1<<4), float32(math.Inf(1)), float32(0))
	f.Add(byte(event.Auth), int64(1e18), int64(2e18), int64(3e18), uint32(1<<5|1), float32(0), float32(5))
	f.Fuzz(func(t *testing.T, kind byte, t1, t2, t3 int64, flags uint32, in, out float32) {
		k := event.Kind(kind)
		c := NewContext(k, ContextLimits{Entities: 2})
		row := make([]float32, len(ContextNames(k)))
		for i, at := range []int64{t1, t2, t3, t1, t2 + 1e9, t3 - 1e9} {
			o := Observation{Kind: k, Time: at, Entity: uint64(i%3 + 1), Peer: uint64(i % 2), Item: uint64(flags) + uint64(i%2), Service: 1, Flags: flags >> i, In: in, Out: out, Length: in}
			c.Update(row, &o)
			for j, x := range row {
				if x < 0 || math.IsInf(float64(x), 0) {
					t.Fatalf("%s = %g", ContextNames(k)[j], x)
				}
			}
		}
		if err := c.Restore(c.AppendTo(nil)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestContextAllocates(t *testing.T) {
	for _, k := range contextKinds {
		rng := rand.New(rand.NewPCG(7, 8))
		c := NewContext(k, ContextLimits{Entities: 64})
		row := make([]float32, len(ContextNames(k)))
		var now int64
		obs := make([]Observation, 2000)
		for i := range obs {
			obs[i] = observe(rng, k, &now)
			c.Update(row, &obs[i])
		}
		i := 0
		if n := testing.AllocsPerRun(1000, func() {
			c.Update(row, &obs[i%len(obs)])
			i++
		}); n != 0 {
			t.Errorf("%v: %g allocations an event", k, n)
		}
	}
}

// BenchmarkContext feeds traffic as skewed as real one: a few busy sources and
// many rare ones, each with its few peers, 20 events a second, for hours.
func BenchmarkContext(b *testing.B) {
	for _, k := range contextKinds {
		b.Run(k.String(), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(7, 8))
			c := NewContext(k, ContextLimits{})
			row := make([]float32, len(ContextNames(k)))
			var now int64
			obs := make([]Observation, 1<<14)
			for i := range obs {
				o := observe(rng, k, &now)
				source := uint64(math.Exp(rng.Float64() * 8))
				o.Entity = source * hashA
				o.Peer = (source%7 + uint64(math.Exp(rng.Float64()*3))) * hashB
				o.Item = uint64(math.Exp(rng.Float64()*3)) * hashC
				o.Time = int64(i) * 5e7
				o.Flags &= rng.Uint32() & rng.Uint32()
				obs[i] = o
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				o := &obs[i%len(obs)]
				o.Time += int64(len(obs)) * 5e7
				c.Update(row, o)
			}
		})
	}
}

func ExampleContext() {
	c := NewContext(event.Auth, ContextLimits{})
	row := make([]float32, len(ContextNames(event.Auth)))
	source, user := Hash64([]byte("203.0.113.9")), Hash64([]byte("root"))
	for second := range int64(4) {
		c.Update(row, &Observation{Kind: event.Auth, Time: second * 1e9, Entity: source, Item: user, Flags: FlagLogin | FlagFailed})
	}
	for i, col := range ContextColumns(event.Auth) {
		if col.Name == "source.failures_1h" {
			fmt.Printf("%.1f %s\n", math.Expm1(float64(row[i])), col.Words)
		}
	}
	// Output: 4.0 failed logins of this source, last hour
}
