package sign_test

import (
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
	"github.com/tiercel/tiercel/core/model/sign"
)

// No changed byte of the embedded models, once they are signed, passes: the
// first 64 bytes are tried and about every thousandth of the rest.
// TestVerifyFlips has each byte of a small model.
func TestVerifyFlipsOfDefaults(t *testing.T) {
	key := keyOf(4)
	for kind := event.KindNone + 1; kind < event.Table; kind++ {
		data, ok := models.Default(kind)
		if !ok {
			t.Fatalf("no default model of kind %s", kind)
		}
		m := must(model.Read(data, model.Limits{}))
		if err := sign.Sign(m, key); err != nil {
			t.Fatal(err)
		}
		file := must(m.Append(nil))
		tried := 0
		for i := 0; i < len(file); i++ {
			if i > 64 {
				i = min(i+996, len(file)-1)
			}
			file[i] ^= 0x41
			changed, err := model.Read(file, model.Limits{})
			if err == nil && sign.Verify(changed, public(key)) == nil {
				t.Fatalf("%s: byte %d of %d changed: still verified", kind, i, len(file))
			}
			file[i] ^= 0x41
			tried++
		}
		back := must(model.Read(file, model.Limits{}))
		if err := sign.Verify(back, public(key)); err != nil || tried < 64 {
			t.Errorf("%s: put back after %d changes: %v", kind, tried, err)
		}
	}
}
