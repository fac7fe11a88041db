package main

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/sdk"
)

func TestScore(t *testing.T) {
	batch := &sdk.Batch{N: 2, D: 3, X: []float32{1, 2, 3, 4, float32(math.NaN()), 6}}
	for _, tt := range []struct {
		name, config string
		want         []float32
		err          error
	}{
		{"before a configuration each weight is 1", "", []float32{6, 10}, nil},
		{"configured", "0.5 -1\n2", []float32{4.5, 14}, nil},
		{"for other columns", "1 2", nil, abi.BadColumns},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l linear
			if tt.config != "" {
				if err := l.Configure([]byte(tt.config)); err != nil {
					t.Fatal(err)
				}
			}
			got := make([]float32, batch.N)
			if err := l.Score(got, batch); !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.err == nil && !slices.Equal(got, tt.want) {
				t.Errorf("scores %v, want %v", got, tt.want)
			}
		})
	}
}

func TestConfigureRefuses(t *testing.T) {
	for _, text := range []string{"", " \n", "1 x"} {
		if err := new(linear).Configure([]byte(text)); !errors.Is(err, abi.BadConfig) {
			t.Errorf("%q: error %v, want %v", text, err, abi.BadConfig)
		}
	}
}
