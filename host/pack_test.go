package host

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A signature is of these bytes, in this context, by this key.
func TestSignature(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	stranger, _, _ := ed25519.GenerateKey(nil)
	data := []byte("\x00asm a plugin")
	s, err := SignPlugin(data, private)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseSignature(s.Append(nil))
	if err != nil || *read != *s {
		t.Fatalf("%+v, %v", read, err)
	}
	for _, tt := range []struct {
		name string
		s    *Signature
		data []byte
		keys []ed25519.PublicKey
		want error
	}{
		{"good", s, data, []ed25519.PublicKey{stranger, public}, nil},
		{"good, by whomever", s, data, nil, nil},
		{"by a stranger", s, data, []ed25519.PublicKey{stranger}, ErrUntrusted},
		{"other bytes", s, data[1:], []ed25519.PublicKey{public}, ErrSignature},
		{"none", nil, data, []ed25519.PublicKey{public}, ErrUnsigned},
		{"another's key put in", &Signature{s.SHA256, Key(stranger), s.Sig}, data, []ed25519.PublicKey{stranger}, ErrSignature},
		{"of the bare checksum", &Signature{s.SHA256, s.Key, [64]byte(ed25519.Sign(private, s.SHA256[:]))}, data, nil, ErrSignature},
	} {
		if err := tt.s.Verify(tt.data, tt.keys...); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, err := SignPlugin(data, private[:5]); err == nil {
		t.Error("signed with half a key")
	}
	for _, text := range []string{"", "{}", strings.Replace(string(s.Append(nil)), `"key": "`, `"key": "0`, 1)} {
		if _, err := ParseSignature([]byte(text)); err == nil {
			t.Errorf("read %q", text)
		}
	}
}

// A package survives its pack, bit for bit, and unpacks to what it was.
func TestPack(t *testing.T) {
	_, private, _ := ed25519.GenerateKey(nil)
	for _, tt := range []struct {
		name    string
		program string
		file    string
		mode    os.FileMode
	}{
		{"module", "\x00asm\x01\x00\x00\x00", "a-1.0.0.wasm", 0},
		{"process", "#!/bin/sh\n", "a-1.0.0", 0o100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &Package{Program: []byte(tt.program), Description: []byte("tiercel 1\n"), Readme: []byte("# A\n")}
			p.Signature, _ = SignPlugin(p.Program, private)
			packed, err := p.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			q, err := ParsePackage(packed)
			if err != nil {
				t.Fatal(err)
			}
			if again, _ := q.Append(nil); !bytes.Equal(again, packed) {
				t.Error("another pack after reading")
			}
			dir := t.TempDir()
			path, err := q.Unpack(dir, "a", "1.0.0")
			if err != nil || filepath.Base(path) != tt.file {
				t.Fatalf("%s, %v", path, err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode()&0o100 != tt.mode {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if r, err := ReadPackage(path); err != nil || *r.Signature != *p.Signature || !bytes.Equal(r.Program, p.Program) || r.Packed {
				t.Errorf("%+v, %v", r, err)
			}
			if _, err := q.Unpack(dir, "a", "1.0.0"); err != nil {
				t.Errorf("a second time: %v", err)
			}
			q.Program = append(q.Program, 1)
			if _, err := q.Unpack(dir, "a", "1.0.0"); err == nil {
				t.Error("wrote over another plugin")
			}
		})
	}
}

// zipOf makes an archive of files, name and text in turns.
func zipOf(files ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, _ := z.Create(files[i])
		w.Write([]byte(files[i+1]))
	}
	z.Close()
	return b.Bytes()
}

func TestPackRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		data       []byte
	}{
		{"no plugin", "no plugin", zipOf("README.md", "x")},
		{"two programs", "two programs", zipOf("plugin", "x", "plugin.wasm", "x")},
		{"a file twice", "twice", zipOf("plugin", "x", "README.md", "x", "README.md", "y")},
		{"a file that is not of a pack", "unknown file", zipOf("plugin", "x", "../../etc/passwd", "x")},
		{"a README that inflates", "larger", zipOf("plugin", "x", "README.md", strings.Repeat("a", maxReadme+1))},
		{"a signature that is none", "signature", zipOf("plugin", "x", "plugin.sig", "{}")},
		{"cut off", "zip", zipOf("plugin", "x")[:40]},
	} {
		if _, err := ParsePackage(tt.data); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func FuzzParsePack(f *testing.F) {
	f.Add(zipOf("plugin", "x", "README.md", "y"))
	p := &Package{Program: wasmMagic}
	packed, _ := p.Append(nil)
	f.Add(packed)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePackage(data)
		if err != nil {
			return
		}
		packed, err := p.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePackage(packed); err != nil {
			t.Errorf("not read again: %v", err)
		}
	})
}

// A folder stands for the one module in it.
func TestReadPackageOfFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "build"), 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ReadPackage(dir); err == nil || !strings.Contains(err.Error(), "run make first") {
		t.Errorf("empty folder: %v", err)
	}
	put("a.wasm", "\x00asm")
	put("README.md", "# A")
	if p, err := ReadPackage(dir); err != nil || string(p.Readme) != "# A" || filepath.Base(p.Path) != "a.wasm" {
		t.Errorf("%+v, %v", p, err)
	}
	put("build/a.wasm", "\x00asm")
	put("build/a", "#!/bin/sh")
	if p, err := ReadPackage(dir); err != nil || string(p.Readme) != "# A" || p.Path != filepath.Join(dir, "build", "a.wasm") {
		t.Errorf("folder with build: %+v, %v", p, err)
	}
	put("build/b.wasm", "\x00asm")
	if _, err := ReadPackage(dir); err == nil || !strings.Contains(err.Error(), "several") {
		t.Errorf("two modules: %v", err)
	}
}
