package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/train"
)

// G4 on the embedded model of HTTP: with three in ten of fifty labels hostile,
// or three in ten of those of attacks, the adversary's choice, recall at the
// model's own budgets falls by at most 2 points in the mean of ten draws.
func TestHostileLabels(t *testing.T) {
	m, err := defaultModel(event.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(11, 12))
	const each = 400
	var probes []probe
	for range each {
		text, _ := drawAttack(r)
		probes = append(probes, newProbe(text), newProbe(harmless.write(r, "start")))
	}
	attack := func(i int) bool { return i%2 == 0 }
	set, plain, err := judged(m.Tiers, probes)
	if err != nil {
		t.Fatal(err)
	}
	const known = each // the first half of the rows is labelled from, the second measured
	alarms := func(s *train.Scored, budget float64) (recall, false1 float64) {
		for i := known; i < len(probes); i++ {
			if s.Rate[i] <= budget {
				if attack(i) {
					recall++
				} else {
					false1++
				}
			}
		}
		return recall / (each / 2), false1 / (each / 2)
	}
	// adversaries choose which of the labelled rows they lie about: three in ten of
	// all, or of one side.
	adversaries := map[string]func(rows []int) (lies []int){
		"at random": func(rows []int) []int { return rows },
		"attacks are harmless": func(rows []int) []int {
			return slices.DeleteFunc(rows, func(i int) bool { return !attack(i) })
		},
		"the surest attacks are harmless": func(rows []int) []int {
			rows = slices.DeleteFunc(rows, func(i int) bool { return !attack(i) })
			slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(plain.LogOdds[b], plain.LogOdds[a]) })
			return rows
		},
		"the harmless are attacks": func(rows []int) []int { return slices.DeleteFunc(rows, attack) },
	}
	const labels = 50
	for name, choose := range adversaries {
		t.Run(name, func(t *testing.T) {
			const draws = 10
			for _, budget := range []float64{1e-2, 1e-3} {
				before, false1 := alarms(plain, budget)
				var recall, false2 float64
				for draw := range uint64(draws) {
					r := rand.New(rand.NewPCG(13, draw))
					rows := r.Perm(known)[:labels]
					lies := choose(slices.Clone(rows))
					lies = lies[:len(lies)*3/10]
					state := adapt.New(m)
					for n, i := range rows {
						if _, err := state.Label(adapt.NewExample(plain.Raw(i), &set.Rows, i), attack(i) != slices.Contains(lies, i), "user"+strconv.Itoa(n%5)); err != nil {
							t.Fatal(err)
						}
					}
					after := *plain
					after.LogOdds, after.Rate = slices.Clone(plain.LogOdds), slices.Clone(plain.Rate)
					after.Adapt(m, state.Adjuster(), &set.Rows)
					hit, cry := alarms(&after, budget)
					recall += hit / draws
					false2 += cry / draws
				}
				t.Logf("budget %g: recall %.3f to %.3f, alarms of harmless rows %.3f to %.3f", budget, before, recall, false1, false2)
				if recall < before-0.02 {
					t.Errorf("at a budget of %g recall falls from %.3f to %.3f", budget, before, recall)
				}
			}
		})
	}
}
