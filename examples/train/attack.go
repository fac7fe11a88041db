package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/train"
)

// Budget of an attack.
const (
	attackSeeds   = 100  // attacks to begin with for each change
	attackQueries = 500  // requests whose score the attacker may see
	generation    = 25   // of them at a time
	attackBudget  = 1e-3 // false alarms of the defender
)

// attack measures how often written attacks evade the default model of HTTP and
// its parts, by an attacker who sees the score of the very part that is to be
// evaded: a search that keeps the best of each generation. Then it measures
// behaviours against the models of names and flows.
// beside are commands of other detectors: see newNeighbour.
func attack(out string, seed uint64, seeds, queries int, beside []string) error {
	m, err := defaultModel(event.HTTP)
	if err != nil {
		return err
	}
	var others []target
	for _, command := range beside {
		n, err := newNeighbour(command)
		if err != nil {
			return err
		}
		defer n.close()
		others = append(others, target{n.name, n.judge})
	}
	var report bytes.Buffer
	w := io.MultiWriter(os.Stdout, &report)
	if err := evasion(w, m.Tiers, others, seed, seeds, queries); err != nil {
		return err
	}
	if err := measureBehaviours(w, seed, seeds); err != nil || out == "" {
		return err
	}
	return os.WriteFile(out, report.Bytes(), 0o644)
}

// target is what an attacker aims at: a part of the model, or a detector beside it.
type target struct {
	name  string
	judge func(probes []probe) ([]judgement, error)
}

// judgement is what a target says of a request.
type judgement struct {
	score float64 // the higher the more of a threat
	alarm bool
}

// partOf returns the target that reads a score and an alarm off the tiers.
func partOf(name string, t *ensemble.Tiers, of func(s *train.Scored, i int) judgement) target {
	return target{name, func(probes []probe) ([]judgement, error) {
		_, s, err := judged(t, probes)
		if err != nil {
			return nil, err
		}
		out := make([]judgement, len(probes))
		for i := range out {
			out[i] = of(s, i)
		}
		return out, nil
	}}
}

// targets returns the learners of all classes that are heard or guaranteed, the
// stack without its floors, and the whole. Learners of one class and of what came
// before a request have no row of attacks to begin with.
func targets(t *ensemble.Tiers) []target {
	var out []target
	for b, base := range t.Bases {
		info := base.Learner.Info()
		_, certified := base.Learner.(learner.Certifier)
		heard := false
		for j, m := range t.Metas {
			if mono, ok := m.Mixer.(ensemble.Monotone); ok && t.Super.Beta[j] > 0 && mono.Reach(b) > 0 {
				heard = true
			}
		}
		if heard && info.Class == "" && !info.Context || certified {
			out = append(out, partOf(info.ID, t, func(s *train.Scored, i int) judgement {
				raw := float64(s.Bases[b][i])
				return judgement{raw, base.Tail.Rate(raw) <= attackBudget}
			}))
		}
	}
	bare := &ensemble.SuperLearner{Beta: t.Super.Beta, Calibration: t.Super.Calibration, Tail: t.Super.Tail}
	limit := t.Super.Threshold(attackBudget)
	return append(
		out,
		partOf("stack", t, func(s *train.Scored, i int) judgement {
			g := make([]float64, len(s.Metas))
			for j := range g {
				g[j] = 1 / (1 + math.Exp(-s.Metas[j][i]))
			}
			z := bare.LogOdds(g)
			return judgement{z, z >= limit}
		}),
		partOf("stack and floor", t, func(s *train.Scored, i int) judgement {
			return judgement{s.LogOdds[i], s.Rate[i] <= attackBudget}
		}),
	)
}

// judged scores probes and, where it is asked, finds what their alarms survive.
func judged(t *ensemble.Tiers, probes []probe) (*train.Set, *train.Scored, error) {
	var log bytes.Buffer
	for _, p := range probes {
		line, err := p.line()
		if err != nil {
			return nil, nil, err
		}
		log.Write(append(line, '\n'))
	}
	set, err := train.Load([]train.Source{{Name: "probes", Log: &log}}, train.LoadOptions{
		Event: event.Options{Kind: event.HTTP},
		Label: func(*train.Record) (train.Label, error) { return train.Label{Y: 1, Alone: true}, nil },
	})
	if err != nil {
		return nil, nil, err
	}
	if set.Len() != len(probes) {
		return nil, nil, fmt.Errorf("%d of %d probes could be read", set.Len(), len(probes))
	}
	scored, err := train.Score(t, &set.Rows)
	return set, scored, err
}

// evasion writes a table: for each family of changes and each target the share
// of its alarms that were evaded.
func evasion(w io.Writer, t *ensemble.Tiers, others []target, seed uint64, seeds, queries int) error {
	list := append(targets(t), others...)
	fmt.Fprintf(w, "# Evasion\n\nWritten by `make attack` (seed %d): attacks that a grammar writes, sent to the default model of HTTP at a budget of %g %%. The attacker sees the score of the part that stands above the column, sends %d requests and may add %d bytes. Shares of the attacks that the part found before; Coraza alarms at its default threshold, an anomaly score of 5. Training knows the grammars, from other seeds, and changes of the same kinds with other templates (disguise.go).\n\n", seed, 100*attackBudget, queries, maxAdded)
	fmt.Fprint(w, "| change | attacks |")
	for _, v := range list {
		fmt.Fprintf(w, " %s |", v.name)
	}
	fmt.Fprintf(w, "\n|---|---|%s\n", string(bytes.Repeat([]byte("---|"), len(list))))
	for n, f := range families() {
		r := rand.New(rand.NewPCG(seed, uint64(n)))
		var probes []probe
		for len(probes) < seeds {
			if text, class := drawAttack(r); f.classes == nil || slices.Contains(f.classes, class) {
				probes = append(probes, newProbe(text))
			}
		}
		fmt.Fprintf(w, "| %s | %d |", f.name, len(probes))
		for k := range list {
			found, evaded, err := evadeAll(&list[k], f, probes, seed, queries)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, " %.1f %% (%d of %d) |", 100*float64(evaded)/float64(max(found, 1)), evaded, found)
		}
		fmt.Fprintln(w)
	}
	return certifiedPadding(w, t, seed, seeds)
}

// evadeAll attacks one target from each of the seeds.
func evadeAll(v *target, f family, probes []probe, seed uint64, queries int) (found, evaded int, err error) {
	first, fled := make([]bool, len(probes)), make([]bool, len(probes))
	var group errgroup.Group
	group.SetLimit(4)
	for i, p := range probes {
		group.Go(func() (err error) {
			first[i], fled[i], err = evade(v, f, p, rand.New(rand.NewPCG(seed, uint64(i)+1e6)), queries)
			return err
		})
	}
	err = group.Wait()
	for i := range probes {
		if first[i] {
			found++
		}
		if fled[i] {
			evaded++
		}
	}
	return found, evaded, err
}

// evade searches for a change of p that raises no alarm.
func evade(v *target, f family, p probe, r *rand.Rand, queries int) (found, fled bool, err error) {
	said, err := v.judge([]probe{p})
	if err != nil || !said[0].alarm {
		return false, false, err
	}
	best := said[0].score
	most := len(p.uri()) + maxAdded
	at := p
	for sent := 0; sent < queries; sent += generation {
		next := make([]probe, 0, generation)
		for len(next) < generation {
			q := at
			for range 1 + r.IntN(3) {
				q = f.mutate(r, q)
			}
			if len(q.uri()) > most {
				q = f.mutate(r, p) // no room left: begin anew
			}
			if len(q.uri()) > most {
				q = p
			}
			next = append(next, q)
		}
		if said, err = v.judge(next); err != nil {
			return true, false, err
		}
		for i, j := range said {
			if !j.alarm {
				return true, true, nil
			}
			if j.score < best {
				best, at = j.score, next[i]
			}
		}
	}
	return true, false, nil
}

// certifierOf returns the learner that certifies alerts and the raw score that
// raises one by itself at attackBudget; nil for none.
func certifierOf(t *ensemble.Tiers) (l learner.Certifier, least float32) {
	for i := range t.Bases {
		if c, ok := t.Bases[i].Learner.(learner.Certifier); ok {
			if least, ok := t.LeastRaw(i, t.Super.Threshold(attackBudget)); ok {
				return c, least
			}
		}
	}
	return nil, 0
}

// survivors returns how many of the attacks of a set the floor finds, and how
// many of these it certifies for at least k insertions.
func survivors(t *ensemble.Tiers, set *train.Set) (found int, survive [learner.MaxInsertions + 1]int) {
	l, least := certifierOf(t)
	if l == nil {
		return 0, survive
	}
	for i, y := range set.Y {
		if y != 1 {
			continue
		}
		if k, ok := l.Insertions(&set.Rows, i, least); ok {
			found++
			for n := range k + 1 {
				survive[n]++
			}
		}
	}
	return found, survive
}

// writeSurvivors writes the shares of survivors.
func writeSurvivors(w io.Writer, found int, survive [learner.MaxInsertions + 1]int) {
	fmt.Fprint(w, "| insertions survived | share of the floor's detections |\n|---|---|\n")
	for _, k := range []int{1, 2, 4, 8} {
		fmt.Fprintf(w, "| %d | %.1f %% |\n", k, 100*float64(survive[k])/float64(max(found, 1)))
	}
}

// padPlaces is how many places inside the text of a request padValue and
// padRequest insert at: before the parameter and before its value. What they add
// behind is no insertion.
const padPlaces = 2

// certifiedPadding pads what is certified, and counts how many alarms that costs:
// none, or the certificate is wrong.
func certifiedPadding(w io.Writer, t *ensemble.Tiers, seed uint64, seeds int) error {
	l, least := certifierOf(t)
	if l == nil {
		return nil
	}
	r := rand.New(rand.NewPCG(seed, 99))
	var probes []probe
	for range 10 * seeds {
		text, _ := drawAttack(r)
		probes = append(probes, newProbe(text))
	}
	set, s, err := judged(t, probes)
	if err != nil {
		return err
	}
	var alarms, tries, lost int
	var kept []probe
	for i := range probes {
		if s.Rate[i] <= attackBudget {
			alarms++
		}
		if k, ok := l.Insertions(&set.Rows, i, least); ok && k >= padPlaces {
			kept = append(kept, probes[i])
		}
	}
	for _, p := range kept {
		variants := make([]probe, 20)
		for n := range variants {
			variants[n] = p
			for range 1 + r.IntN(4) {
				if r.IntN(2) == 0 {
					variants[n] = padValue(r, variants[n])
				} else {
					variants[n] = padRequest(r, variants[n])
				}
			}
		}
		_, s, err := judged(t, variants)
		if err != nil {
			return err
		}
		for i := range variants {
			tries++
			if s.Rate[i] > attackBudget {
				lost++
			}
		}
	}
	found, survive := survivors(t, set)
	fmt.Fprintf(w, "\n## Certified alerts\n\n%d of %d attacks raise an alarm, %d of them certified by the floor. Of those certified for %d insertions, which is what padding a parameter of a request takes, %d were padded %d times: %d evade.\n\n", alarms, len(probes), found, padPlaces, len(kept), tries, lost)
	writeSurvivors(w, found, survive)
	if lost > 0 {
		return fmt.Errorf("%d paddings evade a certified alert", lost)
	}
	return nil
}
