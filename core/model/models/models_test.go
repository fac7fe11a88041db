package models_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
)

// Each embedded model is readable, of its kind, and within the size that the
// project promises.
func TestDefault(t *testing.T) {
	const most = 400 << 10 // bytes, compressed
	for k := event.HTTP; k < event.NumKinds; k++ {
		data, ok := models.Default(k)
		if !ok {
			if len(data) != 0 {
				t.Errorf("%v: bytes of a model that does not exist", k)
			}
			continue
		}
		m, err := model.Read(data, model.Limits{})
		if err != nil {
			t.Errorf("%v: %v", k, err)
			continue
		}
		if m.Kind != k {
			t.Errorf("%v: holds a model of %v", k, m.Kind)
		}
		if n := compressed(t, data); n > most {
			t.Errorf("%v: %d bytes compressed, at most %d allowed", k, n, most)
		}
	}
	if _, ok := models.Default(event.KindNone); ok {
		t.Error("a model for no kind")
	}
}

// compressed returns the size of data as gzip.
func compressed(t *testing.T, data []byte) int {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
