package train

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// openData opens a gzip'd table below the folder that TIERCEL_DATA names.
func openData(t *testing.T, name string) io.Reader {
	dir := os.Getenv("TIERCEL_DATA")
	if dir == "" {
		t.Skip("TIERCEL_DATA is not set: quality on real rows is not measured")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// readPayloads adds one row a parameter value to the part that it belongs to.
func readPayloads(t *testing.T, name string, part func(split string) *Data) {
	for d := json.NewDecoder(openData(t, name)); ; {
		var r struct {
			Payload, Split string
			Label          uint8
		}
		if err := d.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		addValues(part(r.Split), r.Label, feature.FromPayload, strings.ToLower(r.Payload))
	}
}

// readDomains adds at most 30,000 names a part, the first of the file.
func readDomains(t *testing.T, part func(split string) *Data) {
	r := csv.NewReader(openData(t, "dga/domains.csv.gz"))
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	for {
		c, err := r.Read()
		if err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if d := part(c[3]); d.N < 30000 {
			addValues(d, c[1][0]-'0', feature.FromName, c[0])
		}
	}
}

// The n-gram learners on real text, against the scikit-learn baselines with
// 2^18 buckets in float64 (AUROC / recall at 1 % false alarms): n-gram logistic
// httpparams 1.0 / .9997, openappsec-values .9999 / .9982, dga .9939 / .9264;
// rarity .9968 / .8832, .9634 / .2253, .9338 / .4669.
//
//	TIERCEL_DATA=DATA go test ./core/train -run TestTextQuality -v
func TestTextQuality(t *testing.T) {
	type floors struct{ auroc, recall float64 }
	cases := []struct {
		name          string
		read          func(t *testing.T, part func(split string) *Data)
		ngram, rarity floors
	}{
		{"httpparams", func(t *testing.T, part func(string) *Data) {
			readPayloads(t, "httpparams/train.ndjson.gz", func(string) *Data { return part("train") })
			readPayloads(t, "httpparams/test.ndjson.gz", func(string) *Data { return part("test") })
		}, floors{0.9998, 0.998}, floors{0.999, 0.99}},
		{"openappsec-values", func(t *testing.T, part func(string) *Data) {
			readPayloads(t, "openappsec-values/values.ndjson.gz", part)
		}, floors{0.9997, 0.997}, floors{0.99, 0.9}},
		{"dga", readDomains, floors{0.992, 0.905}, floors{0.9, 0.45}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var train, test, rest Data
			c.read(t, func(split string) *Data {
				switch split {
				case "train":
					return &train
				case "test":
					return &test
				}
				return &rest
			})
			ngram, err := FitNgram(&train, NgramOptions{})
			if err != nil {
				t.Fatal(err)
			}
			rarity, err := FitRarity(&train, RarityOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range []struct {
				learner learner.Learner
				want    floors
			}{{ngram, c.ngram}, {rarity, c.rarity}} {
				s := scores(t, l.learner, &test)
				auroc := AUROC(s, test.Y, nil)
				recall, _ := RecallAt(s, test.Y, nil, 0.01)
				rare, _ := RecallAt(s, test.Y, nil, 0.001)
				t.Logf("%s: AUROC %.4f, recall at 1 %% %.4f, at .1 %% %.4f", l.learner.Info().ID, auroc, recall, rare)
				if auroc < l.want.auroc || recall < l.want.recall {
					t.Errorf("%s: AUROC %.4f, recall %.4f; want at least %.4f, %.4f",
						l.learner.Info().ID, auroc, recall, l.want.auroc, l.want.recall)
				}
			}
		})
	}
}
