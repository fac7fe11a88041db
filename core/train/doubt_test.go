package train

import (
	"context"
	"testing"
)

// What normal rows cannot rank, novelty does, where some learner knows novelty;
// its meta has no weight of its own.
func TestDoubt(t *testing.T) {
	fit := func(novelty string, strength float64) *Fitted {
		s := fitSet(4000, 3, strength)
		recipe := fitRecipe(s)
		for i := range recipe {
			recipe[i].Novelty = recipe[i].Info.ID == novelty
		}
		f, err := Fit(context.Background(), s, Options{Recipe: recipe, Seed: 1, Hedge: true})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := fit("histogram", 3)
	s := f.Tiers.Super
	if s.Novelty == 0 || f.Tiers.Metas[s.Novelty-1].Name != NoveltyName {
		t.Fatalf("novelty ranks nothing: %d of %d metas", s.Novelty, len(f.Tiers.Metas))
	}
	if s.Beta[s.Novelty-1] != 0 || s.Certain <= 0 {
		t.Errorf("beta %g, certain above %g", s.Beta[s.Novelty-1], s.Certain)
	}
	if s := fit("", 3).Tiers.Super; s.Novelty != 0 {
		t.Error("no learner knows what is new, yet novelty ranks")
	}
}
