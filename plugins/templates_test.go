package plugins

import (
	"strings"
	"testing"
)

func TestTemplates(t *testing.T) {
	for file, says := range map[string]string{
		"sdk/template/main.go": "sdk.Register",
		"c/template/tiercel.h": "tiercel_score",
		"c/template/learner.c": "TIERCEL_DESCRIPTION",
	} {
		if b, err := Templates.ReadFile(file); err != nil || !strings.Contains(string(b), says) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
