package module

import (
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
)

// callsVariable asks TestManyCalls for another number of calls, a million say.
const callsVariable = "TIERCEL_CALLS"

// Guests of standard Go live through many calls in memory that does not grow,
// whether their calls leave garbage, as litter's do, or none. Go's collector is
// not let run between calls: a guest without the SDK was dead after 1,932.
func TestManyCalls(t *testing.T) {
	const n, d = 4, 32 // one call a batch
	calls := 20_000
	if text := os.Getenv(callsVariable); text != "" {
		var err error
		if calls, err = strconv.Atoi(text); err != nil || calls < 10_000 {
			t.Fatalf("%s=%s: at least 10000 are needed", callsVariable, text)
		}
	}
	_, config := guesttest.Weights(d)
	for _, tt := range []struct {
		name, pkg string
		config    []byte
	}{{"template", goTemplate, config}, {"litter", "./testdata/litter", nil}} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, newRuntime(t, Options{Workers: 1}), guesttest.Go(t, tt.pkg), d, tt.config)
			batch, dst, first := guesttest.Rows(n, d), make([]float32, n), make([]float32, n)
			warm := int64(0)
			for k := range calls {
				if err := l.Score(dst, batch); err != nil {
					t.Fatalf("call %d: %v", k+1, err)
				}
				switch k {
				case 0:
					copy(first, dst)
				case calls / 4:
					warm = l.Memory()
				}
			}
			for i := range dst {
				if math.Float32bits(dst[i]) != math.Float32bits(first[i]) {
					t.Errorf("row %d scores %v in the last call, %v in the first", i, dst[i], first[i])
				}
			}
			if last := l.Memory(); last > warm {
				t.Errorf("%d bytes after %d calls, %d after %d", warm, calls/4, last, calls)
			}
			t.Logf("%d calls, %.1f MiB", calls, float64(l.Memory())/(1<<20))
		})
	}
}
