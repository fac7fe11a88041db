package host

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tiercel/tiercel/plugins/abi"
)

// LockName is the lock file's name where none is given.
const LockName = "tiercel.lock"

// Runtimes of plugins.
const (
	RuntimeModule  = "module"  // a WebAssembly module, inside this process
	RuntimeProcess = "process" // a program of its own
)

// Lock is a lock file: the plugins that may be loaded, and nothing else may.
type Lock struct {
	Plugins []Pin // by id

	file string
}

// Pin is one plugin of a lock file.
type Pin struct {
	ID      string
	Version string
	SHA256  Sum    // of the plugin's file
	Runtime string // RuntimeModule or RuntimeProcess
	Path    string // of the file; relative ones to the lock file's folder, slashes on every system
	Config  string // path of its configuration, as Path is; empty for none
	// ConfigSHA256 is the checksum of the configuration.
	ConfigSHA256 Sum
	Signer       Key // ed25519 key that signed the file when it was pinned; zero for none
}

// Sum is a SHA-256 checksum; in texts 64 hexadecimal digits. Key is the same of
// an ed25519 public key.
type (
	Sum [32]byte
	Key [32]byte
)

func (s Sum) String() string { return hex.EncodeToString(s[:]) }
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// pinJSON and lockJSON are the file's members, in their order.
type pinJSON struct {
	ID           string `json:"id"`
	Version      string `json:"version"`
	SHA256       string `json:"sha256"`
	Runtime      string `json:"runtime"`
	Path         string `json:"path"`
	Config       string `json:"config,omitempty"`
	ConfigSHA256 string `json:"config_sha256,omitempty"`
	Signer       string `json:"signer,omitempty"`
}

type lockJSON struct {
	Version int       `json:"tiercel_lock"`
	Plugins []pinJSON `json:"plugins"`
}

// Bounds of a lock file.
const (
	lockVersion = 1
	maxLock     = 1 << 20 // bytes
)

// ReadLock reads a lock file. The error of one that does not exist wraps
// fs.ErrNotExist.
func ReadLock(file string) (*Lock, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxLock+1))
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	l, err := ParseLock(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	l.file = file
	return l, nil
}

// ParseLock reads the text of a lock file. It refuses what it does not know:
// what is pinned must be what the reader of the file sees.
func ParseLock(text []byte) (*Lock, error) {
	if len(text) > maxLock {
		return nil, errors.New("host: lock: larger than " + strconv.Itoa(maxLock) + " bytes")
	}
	var j lockJSON
	if err := strict(text, &j); err != nil {
		return nil, fmt.Errorf("host: lock: %w", err)
	}
	if j.Version != lockVersion {
		return nil, fmt.Errorf("host: lock: version %d; this tiercel reads %d", j.Version, lockVersion)
	}
	l := &Lock{}
	for _, p := range j.Plugins {
		pin, err := p.pin()
		if err != nil {
			return nil, fmt.Errorf("host: lock: plugin %q: %w", p.ID, err)
		}
		if _, twice := l.Find(pin.ID); twice {
			return nil, fmt.Errorf("host: lock: plugin %s comes twice", pin.ID)
		}
		l.Plugins = append(l.Plugins, pin)
	}
	l.sort()
	return l, nil
}

// strict decodes one JSON value: no unknown members, none twice, nothing after it.
func strict(text []byte, into any) error {
	if err := once(json.NewDecoder(bytes.NewReader(text))); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more after its end")
	}
	return nil
}

// once says which member of an object comes twice: of two the decoder takes the
// last, a person the first.
func once(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			key := strings.ToLower(name.(string)) // as the decoder compares names
			if seen[key] {
				return fmt.Errorf("%q comes twice", name)
			}
			seen[key] = true
		}
		if err := once(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// pin checks what the file says of a plugin.
func (j *pinJSON) pin() (Pin, error) {
	p := Pin{ID: j.ID, Version: j.Version, Runtime: j.Runtime, Path: j.Path, Config: j.Config}
	// The description's own parser knows what an id and a version are.
	d := abi.Description{ID: j.ID, Version: j.Version, Title: "-", Kinds: []string{"http"}, Features: []string{abi.All}, High: 1}
	if read, err := abi.ParseDescription(d.Append(nil)); err != nil || read.ID != j.ID || read.Version != j.Version {
		return p, errors.New("id or version is none")
	}
	if p.Runtime != RuntimeModule && p.Runtime != RuntimeProcess {
		return p, fmt.Errorf("runtime %q: want %s or %s", j.Runtime, RuntimeModule, RuntimeProcess)
	}
	if p.Path == "" {
		return p, errors.New("no path")
	}
	if (p.Config == "") != (j.ConfigSHA256 == "") {
		return p, errors.New("config and config_sha256 belong together")
	}
	if err := digits(p.SHA256[:], j.SHA256, "sha256"); err != nil {
		return p, err
	}
	if j.ConfigSHA256 != "" {
		if err := digits(p.ConfigSHA256[:], j.ConfigSHA256, "config_sha256"); err != nil {
			return p, err
		}
	}
	if j.Signer != "" {
		return p, digits(p.Signer[:], j.Signer, "signer")
	}
	return p, nil
}

// digits reads hexadecimal digits, lower case, that fill dst.
func digits(dst []byte, text, what string) error {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(dst) || hex.EncodeToString(b) != text {
		return fmt.Errorf("%s: want %d hexadecimal digits, lower case", what, 2*len(dst))
	}
	copy(dst, b)
	return nil
}

// Append appends the text of the lock file: for the same plugins the same bytes.
func (l *Lock) Append(dst []byte) []byte {
	j := lockJSON{Version: lockVersion, Plugins: []pinJSON{}}
	for i := range l.Plugins {
		p := &l.Plugins[i]
		out := pinJSON{
			ID: p.ID, Version: p.Version, SHA256: p.SHA256.String(), Runtime: p.Runtime, Path: p.Path, Config: p.Config,
		}
		if p.Config != "" {
			out.ConfigSHA256 = p.ConfigSHA256.String()
		}
		if p.Signer != (Key{}) {
			out.Signer = p.Signer.String()
		}
		j.Plugins = append(j.Plugins, out)
	}
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	e.Encode(j) // texts only: it cannot fail
	return b.Bytes()
}

// Write writes the lock file: whole or not at all.
func (l *Lock) Write(file string) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".tiercel.lock.*")
	if err != nil {
		return fmt.Errorf("host: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(l.Append(nil))
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("host: %w", err)
	}
	return nil
}

// Find returns the plugin of that id.
func (l *Lock) Find(id string) (*Pin, bool) {
	i := slices.IndexFunc(l.Plugins, func(p Pin) bool { return p.ID == id })
	if i < 0 {
		return nil, false
	}
	return &l.Plugins[i], true
}

// Put adds a plugin, or replaces the one of its id.
func (l *Lock) Put(p Pin) {
	if old, ok := l.Find(p.ID); ok {
		*old = p
		return
	}
	l.Plugins = append(l.Plugins, p)
	l.sort()
}

func (l *Lock) sort() {
	slices.SortFunc(l.Plugins, func(a, b Pin) int { return cmp.Compare(a.ID, b.ID) })
}

// At returns where a path of the lock file lies.
func (l *Lock) At(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(l.file), path)
}

// Absolute makes the paths of the pins hold wherever the lock file lies.
func (l *Lock) Absolute() error {
	for i := range l.Plugins {
		for _, path := range []*string{&l.Plugins[i].Path, &l.Plugins[i].Config} {
			if *path == "" {
				continue
			}
			abs, err := filepath.Abs(l.At(*path))
			if err != nil {
				return err
			}
			*path = abs
		}
	}
	return nil
}

// Relative returns how a lock file at that place writes a path: relative to its
// folder where the path lies in it, so that both can move together.
func Relative(lock, path string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(lock))
	if err != nil {
		return "", err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(dir, abs); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), nil
	}
	return filepath.ToSlash(abs), nil
}
