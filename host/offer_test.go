package host

import (
	"bytes"
	"crypto/ed25519"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// elfOf is the head of a Linux program for a machine.
func elfOf(machine elf.Machine) []byte {
	b := make([]byte, 64)
	copy(b, elf.ELFMAG)
	b[elf.EI_CLASS], b[elf.EI_DATA], b[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	binary.LittleEndian.PutUint16(b[16:], uint16(elf.ET_EXEC))
	binary.LittleEndian.PutUint16(b[18:], uint16(machine))
	binary.LittleEndian.PutUint32(b[20:], uint32(elf.EV_CURRENT))
	binary.LittleEndian.PutUint16(b[52:], 64)
	return b
}

// offered returns an offer of a program with a signed lock file, and the key.
func offered(t *testing.T, program []byte) (*Offer, ed25519.PrivateKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path, file := filepath.Join(dir, "plugin"), filepath.Join(dir, LockName)
	lock := &Lock{Plugins: []Pin{{ID: "a", Version: "1.0.0", SHA256: sumOf(program), Runtime: runtimeOf(program), Path: "plugin"}}}
	s, err := SignPlugin(program, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := SignLock(lock.Append(nil), key)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{path: program, path + SignatureSuffix: s.Append(nil), file: lock.Append(nil), file + SignatureSuffix: l.Append(nil)} {
		if err := os.WriteFile(name, data, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	o, err := NewOffer(file, "a", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return o, key
}

func TestOfferTravels(t *testing.T) {
	o, _ := offered(t, []byte("#!/bin/sh\n"))
	o.Config = []byte{}
	data, err := o.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseOffer(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Append(nil)
	if err != nil || !bytes.Equal(again, data) || got.Config == nil {
		t.Errorf("%v: other bytes after a round trip", err)
	}
	for n := range len(data) {
		if _, err := ParseOffer(data[:n]); err == nil {
			t.Fatalf("%d bytes of %d are an offer", n, len(data))
		}
	}
}

func TestPolicy(t *testing.T) {
	script := []byte("#!/bin/sh\n")
	foreign := elf.EM_AARCH64
	if runtime.GOARCH == "arm64" {
		foreign = elf.EM_X86_64
	}
	for _, c := range []struct {
		name    string
		program []byte
		change  func(o *Offer, p *Policy)
		want    string // "" for taken
	}{
		{"pinned here", script, nil, ""},
		{"signed there", script, func(_ *Offer, p *Policy) { p.Lock, p.Signed = &Lock{}, true }, ""},
		{"a module", []byte("\x00asm\x01\x00\x00\x00"), nil, ""},
		{"for another machine", elfOf(foreign), nil, "built for linux/"},
		{"for a machine that nobody knows", elfOf(elf.EM_68K), nil, "not known"},
		{"no program", []byte("hello"), nil, "neither"},
		{"nobody is trusted", script, func(_ *Offer, p *Policy) { p.Trusted = nil }, ErrNobody.Error()},
		{"pinned nowhere", script, func(_ *Offer, p *Policy) { p.Lock = &Lock{} }, ErrNotPinned.Error()},
		{"other bytes pinned here", script, func(_ *Offer, p *Policy) { p.Lock.Plugins[0].SHA256[0] ^= 1 }, "it pins version 1.0.0"},
		{"another signer pinned here", script, func(_ *Offer, p *Policy) { p.Lock.Plugins[0].Signer[0] = 1 }, "another key"},
		{"signed there, but not the lock file", script, func(o *Offer, p *Policy) { p.Lock, p.Signed, o.Signature = &Lock{}, true, nil }, ErrUnsigned.Error()},
		{"a plugin's signature for the lock file's", script, func(o *Offer, p *Policy) { p.Lock, p.Signed, o.Signature = &Lock{}, true, o.Package.Signature }, ErrSignature.Error()},
		{"flipped", script, func(o *Offer, _ *Policy) { o.Package.Program[3] ^= 1 }, ErrSignature.Error()},
		{"configured otherwise", script, func(o *Offer, _ *Policy) { o.Config = []byte{} }, "configuration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, key := offered(t, bytes.Clone(c.program))
			lock, err := ParseLock(o.Lock)
			if err != nil {
				t.Fatal(err)
			}
			p := &Policy{Trusted: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}, Lock: lock}
			if c.change != nil {
				c.change(o, p)
			}
			pin, err := p.Accept(o)
			if c.want == "" {
				if err != nil || pin.ID != "a" || pin.Signer != o.Package.Signature.Key {
					t.Errorf("%+v, %v", pin, err)
				}
			} else if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestCompareVersions(t *testing.T) {
	rising := []string{"0.0.1", "0.1.0-a", "0.1.0-b", "0.1.0", "0.9.0", "0.10.0", "1.0.0", "10.0.0"}
	for i, a := range rising {
		for j, b := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := CompareVersions(a, b); got != want {
				t.Errorf("%s and %s: %d, want %d", a, b, got, want)
			}
		}
	}
}

// What is not pinned, or not signed for a lock file, is no offer.
func TestNewOfferRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, LockName)
	if _, err := NewOffer(file, "a", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no lock file: %v", err)
	}
	if err := (&Lock{}).Write(file); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := NewOffer(file, script, nil); err == nil || !strings.Contains(err.Error(), "is not pinned") {
		t.Errorf("not pinned: %v", err)
	}
}
