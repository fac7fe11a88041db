package sign_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/sign"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sample returns a small model: one linear learner, one meta.
func sample() *model.Model {
	c := must(ensemble.NewCalibration([]float64{-1, 1}, []float64{-3, 3}))
	l := must(learner.NewLinear(learner.Info{ID: "linear", Columns: []int{0}},
		learner.Scaling{Log: []bool{false}, Centre: []float32{0}, Scale: []float32{1}}, []float32{2}, []float32{0}, 0))
	return &model.Model{
		Kind:   event.DNS,
		Schema: feature.Schema{Kind: event.DNS, Names: []string{"length"}, Stateless: 1},
		Tiers: must(ensemble.NewTiers([]ensemble.Base{{Learner: l, Calibration: c}},
			[]*ensemble.MetaLearner{{Name: "mean", Mixer: must(ensemble.NewConvex([]float64{1})), Calibration: c}},
			&ensemble.SuperLearner{Beta: []float64{1}, Tail: must(ensemble.NewTail([]float64{0}, []float64{-1}, 1))})),
		Epoch: 1,
	}
}

func keyOf(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func TestVerify(t *testing.T) {
	key, other := keyOf(1), keyOf(2)
	signed := sample()
	if err := sign.Sign(signed, key); err != nil {
		t.Fatal(err)
	}
	read := must(model.Read(must(signed.Append(nil)), model.Limits{}))
	changed := *read
	changed.Epoch++
	forged := *read
	forged.Key = [32]byte(public(other))
	cases := []struct {
		name    string
		m       *model.Model
		trusted []ed25519.PublicKey
		want    error
	}{
		{"good", read, []ed25519.PublicKey{public(other), public(key)}, nil},
		{"unsigned", sample(), []ed25519.PublicKey{public(key)}, sign.ErrUnsigned},
		{"no key is trusted", read, nil, sign.ErrUntrusted},
		{"another key is trusted", read, []ed25519.PublicKey{public(other)}, sign.ErrUntrusted},
		{"changed afterwards", &changed, []ed25519.PublicKey{public(key)}, sign.ErrBad},
		{"another's key claimed", &forged, []ed25519.PublicKey{public(other)}, sign.ErrBad},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := sign.Verify(c.m, c.trusted...); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	if sign.Sign(sample(), key[:10]) == nil {
		t.Error("a key of the wrong size is accepted")
	}
}

// No flipped bit of a signed file passes.
func TestVerifyFlips(t *testing.T) {
	key := keyOf(3)
	m := sample()
	if err := sign.Sign(m, key); err != nil {
		t.Fatal(err)
	}
	file := must(m.Append(nil))
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		m, err := model.Read(bad, model.Limits{})
		if err == nil && sign.Verify(m, public(key)) == nil {
			t.Fatalf("byte %d of %d flipped: still verified", i, len(file))
		}
	}
}
