//go:build !wasip1

package sdk

import "testing"

func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"1|1|unix|/tmp/plugin1|grpc|\n":      "1|1|unix|/tmp/plugin1|grpc|CERT\n",
		"1|1|unix|/tmp/plugin1|grpc||true\n": "1|1|unix|/tmp/plugin1|grpc|CERT|true\n",
		"1|1|unix|/tmp/plugin1|grpc|ABC\n":   "1|1|unix|/tmp/plugin1|grpc|ABC\n",
		"said by the learner\n":              "said by the learner\n",
		"":                                   "",
	} {
		if got := complete(line, "CERT"); got != want {
			t.Errorf("%q becomes %q, want %q", line, got, want)
		}
	}
}
