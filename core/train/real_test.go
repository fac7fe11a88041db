package train

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
)

// coder turns the cells of a table into numbers. Columns that are not numbers
// become their values' rank in sorted order, values not seen before become -1:
// what scikit-learn's OrdinalEncoder does.
type coder struct {
	names  []string
	levels []map[string]float32 // nil for numbers
}

// readTable reads a CSV under the directory that TIERCEL_DATA names.
func readTable(t testing.TB, name string) (header []string, rows [][]string) {
	t.Helper()
	dir := os.Getenv("TIERCEL_DATA")
	if dir == "" {
		t.Skip("TIERCEL_DATA is unset: it names the folder that holds the public data sets")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(z)
	if header, err = r.Read(); err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return header, rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

func newCoder(header []string, rows [][]string, drop ...string) *coder {
	c := &coder{}
	for j, n := range header {
		if slices.Contains(drop, n) {
			n = ""
		}
		c.names = append(c.names, n)
		c.levels = append(c.levels, nil)
		if n == "" {
			continue
		}
		seen := map[string]bool{}
		numeric := true
		for _, row := range rows {
			seen[row[j]] = true
			if _, err := strconv.ParseFloat(row[j], 64); err != nil {
				numeric = false
			}
		}
		if numeric {
			continue
		}
		var all []string
		for v := range seen {
			all = append(all, v)
		}
		slices.Sort(all)
		c.levels[j] = map[string]float32{}
		for i, v := range all {
			c.levels[j][v] = float32(i)
		}
	}
	return c
}

func (c *coder) data(rows [][]string, label int) *Data {
	d := &Data{N: len(rows)}
	for _, n := range c.names {
		if n != "" {
			d.D++
		}
	}
	for _, row := range rows {
		for j, n := range c.names {
			if n == "" {
				continue
			}
			v := float32(math.NaN())
			if c.levels[j] == nil {
				if x, err := strconv.ParseFloat(row[j], 32); err == nil {
					v = float32(x)
				}
			} else if x, ok := c.levels[j][row[j]]; ok {
				v = x
			} else {
				v = -1
			}
			d.X = append(d.X, v)
		}
		y, _ := strconv.Atoi(row[label])
		d.Y = append(d.Y, uint8(y))
	}
	return d
}

func loadKDD(t testing.TB) (fit, test *Data) {
	header, rows := readTable(t, "nsl-kdd/train.csv.gz")
	_, rows2 := readTable(t, "nsl-kdd/test.csv.gz")
	c := newCoder(header, rows, "attack", "category", "label", "difficulty")
	label := slices.Index(header, "label")
	return c.data(rows, label), c.data(rows2, label)
}

func loadUNSW(t testing.TB) (fit, test *Data) {
	header, all := readTable(t, "unsw-nb15/part82k.csv.gz")
	split := slices.Index(header, "split")
	var parts [2][][]string
	for _, row := range all {
		if row[split] == "train" {
			parts[0] = append(parts[0], row)
		} else {
			parts[1] = append(parts[1], row)
		}
	}
	c := newCoder(header, parts[0], "id", "attack_cat", "label", "split")
	label := slices.Index(header, "label")
	return c.data(parts[0], label), c.data(parts[1], label)
}

// realSets are the public sets with the anchors of scikit-learn 1.2.1 and
// xgboost 1.7.4 on the same splits: AUROC of each learner's counterpart.
var realSets = []struct {
	name   string
	load   func(t testing.TB) (fit, test *Data)
	anchor map[string]float64
}{
	{"nsl-kdd", loadKDD, map[string]float64{"trees": .9706, "boosted": .9706, "forest": .9704, "isolation": .9444, "histogram": .9444}},
	{"unsw-nb15", loadUNSW, map[string]float64{"trees": .9978, "boosted": .9978, "forest": .9964, "isolation": .7233, "histogram": .7233}},
}

func measure(t testing.TB, l learner.Learner, d *Data) (auroc, r1, r01 float64) {
	b := d.Batch()
	s := make([]float32, d.N)
	if err := l.Score(s, &b); err != nil {
		t.Fatal(err)
	}
	auroc, r1 = ranking(s, d.Y, .01)
	_, r01 = ranking(s, d.Y, .001)
	return
}
