package host

import "testing"

// Whatever the object store holds: an offer that can be read is written as it was
// meant, and nothing panics.
func FuzzOffer(f *testing.F) {
	o := &Offer{Package: &Package{Program: []byte("\x00asm")}, Lock: []byte("{}"), Config: []byte("x"), Canaries: []byte("{}")}
	data, err := o.Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := ParseOffer(data)
		if err != nil {
			return
		}
		if _, err := o.Package.Platform(); err != nil {
			return
		}
		again, err := o.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseOffer(again); err != nil {
			t.Errorf("written anew: %v", err)
		}
	})
}
