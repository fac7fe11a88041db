package host

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `{
  "tiercel_lock": 1,
  "plugins": [
    {
      "id": "rare-words",
      "version": "1.2.0",
      "sha256": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
      "runtime": "module",
      "path": "plugins/rare.wasm",
      "config": "plugins/words.txt",
      "config_sha256": "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
      "signer": "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    },
    {
      "id": "spam",
      "version": "0.1.0",
      "sha256": "11112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
      "runtime": "process",
      "path": "/opt/spam"
    }
  ]
}
`

// What is read and written again is the same bytes.
func TestLockRoundTrip(t *testing.T) {
	l, err := ParseLock([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Append(nil); string(got) != sample {
		t.Errorf("%s", got)
	}
	p, ok := l.Find("rare-words")
	if !ok || p.Version != "1.2.0" || p.Runtime != RuntimeModule || p.SHA256[1] != 0x11 || p.ConfigSHA256[0] != 0xff || p.Signer[0] != 0xaa {
		t.Errorf("%+v", p)
	}
	if _, ok := l.Find("rare"); ok {
		t.Error("found by half a name")
	}
	empty := (&Lock{}).Append(nil)
	if l, err := ParseLock(empty); err != nil || len(l.Plugins) != 0 {
		t.Errorf("%s: %v", empty, err)
	}
}

// A lock file that a person could read otherwise than the program is refused.
func TestParseLockRefuses(t *testing.T) {
	swap := func(old, to string) string { return strings.Replace(sample, old, to, 1) }
	for _, tt := range []struct{ name, text, says string }{
		{"nothing", "", "EOF"},
		{"no object", "[]", "array"},
		{"another version", swap(`"tiercel_lock": 1`, `"tiercel_lock": 2`), "version 2"},
		{"no version", swap(`"tiercel_lock": 1,`, ""), "version 0"},
		{"unknown member", swap(`"id": "spam"`, `"id": "spam", "trust": true`), "trust"},
		{"member twice", swap(`"id": "spam"`, `"id": "spam", "id": "ham"`), "twice"},
		{"member twice in other letters", swap(`"id": "spam"`, `"id": "spam", "ID": "ham"`), "twice"},
		{"more after it", sample + "{}", "after its end"},
		{"id twice", swap(`"spam"`, `"rare-words"`), "comes twice"},
		{"id is none", swap(`"spam"`, `"Spam!"`), "id or version"},
		{"id of two lines", swap(`"spam"`, `"spam\nclass sqli"`), "id or version"},
		{"version is none", swap(`"0.1.0"`, `"new"`), "id or version"},
		{"unknown runtime", swap(`"process"`, `"shell"`), "runtime"},
		{"no path", swap(`"/opt/spam"`, `""`), "no path"},
		{"short sum", swap(`"1111`, `"11`), "sha256"},
		{"sum in capitals", swap(`bbccddeeff",
      "runtime": "process"`, `BBCCDDEEFF",
      "runtime": "process"`), "sha256"},
		{"config without its sum", swap(`"config_sha256": "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",`, ""), "belong together"},
		{"signer is none", swap(`"signer": "aa`, `"signer": "zz`), "signer"},
		{"too large", sample + strings.Repeat(" ", maxLock), "larger"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseLock([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one about %q", err, tt.says)
			}
		})
	}
}

// Whatever ParseLock accepts it reads again from what it writes.
func FuzzParseLock(f *testing.F) {
	f.Add([]byte(sample))
	f.Add((&Lock{}).Append(nil))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseLock(text)
		if err != nil {
			return
		}
		once := l.Append(nil)
		again, err := ParseLock(once)
		if err != nil || !bytes.Equal(again.Append(nil), once) {
			t.Errorf("%q becomes %q: %v", text, once, err)
		}
	})
}

// Paths are relative to the lock file where they lie in its folder.
func TestLockPaths(t *testing.T) {
	dir := t.TempDir()
	lock := filepath.Join(dir, LockName)
	inside, outside := filepath.Join(dir, "sub", "x.wasm"), filepath.Join(filepath.Dir(dir), "y.wasm")
	if got, err := Relative(lock, inside); err != nil || got != "sub/x.wasm" {
		t.Errorf("%q, %v", got, err)
	}
	got, err := Relative(lock, outside)
	if err != nil || got != filepath.ToSlash(outside) {
		t.Errorf("%q, %v", got, err)
	}
	l := &Lock{}
	l.Put(Pin{ID: "b", Version: "1.0.0", Runtime: RuntimeModule, Path: "sub/x.wasm"})
	l.Put(Pin{ID: "a", Version: "1.0.0", Runtime: RuntimeModule, Path: got})
	l.Put(Pin{ID: "b", Version: "1.0.1", Runtime: RuntimeModule, Path: "sub/x.wasm"})
	if err := l.Write(lock); err != nil {
		t.Fatal(err)
	}
	read, err := ReadLock(lock)
	if err != nil || len(read.Plugins) != 2 || read.Plugins[0].ID != "a" || read.Plugins[1].Version != "1.0.1" {
		t.Fatalf("%+v, %v", read, err)
	}
	if at := read.At("sub/x.wasm"); at != inside {
		t.Errorf("at %s", at)
	}
	if at := read.At(got); at != outside {
		t.Errorf("at %s", at)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
