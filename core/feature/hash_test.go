package feature

import (
	"strconv"
	"testing"
)

func TestHash64(t *testing.T) {
	tests := []struct {
		name, text string
		want       uint64
	}{
		{"empty", "", 0x916fe8c833a76f34},
		{"short", "abc", 0x6811c8fbdc479c5c},
		{"address", "10.0.0.1", 0x868a5b050d8825a9},
		{"long", "the same on every platform and in every process", 0x990e2540c61f0eec},
	}
	seen := map[uint64]string{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := Hash64([]byte(tt.text))
			if h != tt.want { // models and shards hold hashes: they must not change
				t.Errorf("%#x, want %#x", h, tt.want)
			}
			if other, dup := seen[h]; dup {
				t.Fatalf("%q and %q have one hash", tt.text, other)
			}
			seen[h] = tt.text
		})
	}
}

// Keys of windows look alike: addresses that differ in one digit must spread
// over the buckets of a table, by the low bits and by the high ones.
func TestHash64Spreads(t *testing.T) {
	const buckets, keys = 256, 256 * 64
	for _, prefix := range []string{"", "10.0.", "host-of-a-long-name."} {
		spreads(t, prefix, buckets, keys)
	}
}

func spreads(t *testing.T, prefix string, buckets, keys int) {
	t.Helper()
	var low, high [256]int
	for i := range keys {
		h := Hash64([]byte(prefix + strconv.Itoa(i>>8) + "." + strconv.Itoa(i&255)))
		low[h%uint64(buckets)]++
		high[h>>56]++
	}
	for i := range buckets {
		if low[i] < 24 || low[i] > 128 || high[i] < 24 || high[i] > 128 { // mean 64, standard deviation 8: five of them
			t.Fatalf("%q: bucket %d holds %d and %d of %d keys, expected about 64", prefix, i, low[i], high[i], keys)
		}
	}
}

func TestHashPairKeepsOrder(t *testing.T) {
	a, b := Hash64([]byte("a")), Hash64([]byte("b"))
	if HashPair(a, b) == HashPair(b, a) || HashPair(a, b) == HashPair(a, a) {
		t.Fatal("pairs collide")
	}
}

func BenchmarkHash64(b *testing.B) {
	text := []byte("/shop/cart/items/detail.php")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Hash64(text)
	}
}
