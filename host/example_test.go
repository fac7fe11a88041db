package host_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

// A plugin is examined, pinned, and from then on loaded by its id.
func Example() {
	dir, err := os.MkdirTemp("", "tiercel")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	plugin, file := filepath.Join(dir, "guest.wasm"), filepath.Join(dir, host.LockName)
	os.WriteFile(plugin, fueltest.Guest(fueltest.FirstColumn(), fueltest.I32+fueltest.I32).Bytes(), 0o600)

	ctx := context.Background()
	p, err := host.ReadPackage(plugin)
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := host.Examine(ctx, p, host.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var lock host.Lock
	lock.Put(host.Pin{
		ID: x.Description.ID, Version: x.Description.Version, SHA256: x.SHA256, Runtime: x.Runtime, Path: "guest.wasm",
	})
	if err := lock.Write(file); err != nil {
		fmt.Println(err)
		return
	}

	h, err := host.Open(ctx, host.Options{Plugins: []string{"guest"}, Lock: file})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close()
	for _, l := range h.Learners(&feature.Schema{Kind: event.HTTP, Names: []string{"length"}, Stateless: 1}) {
		score := make([]float32, 2)
		l.Score(score, &feature.Batch{N: 2, D: 1, X: []float32{0.25, 0.75}})
		fmt.Println(l.Info().ID, l.Version, score)
	}
	// Output: guest 1.0.0 [0.25 0.75]
}
