package host

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// PackSuffix ends the names of packs.
const PackSuffix = ".tplugin"

// Package is a plugin as it is handed on: its file, its signature and what it
// says of itself. A pack is a zip archive of it; the same package gives the same
// bytes.
type Package struct {
	Program     []byte
	Signature   *Signature // nil for none
	Description []byte     // as the plugin gives it; for people, the program's own word counts
	Readme      []byte     // README.md of the plugin's folder; nil for none
	Path        string     // where it was read: the plugin's file, or the pack
	Packed      bool       // it was read from a pack
}

// Names of a pack's files, in their order. The program's name says its runtime.
const (
	packModule      = "plugin.wasm"
	packProcess     = "plugin"
	packSignature   = "plugin.sig"
	packDescription = "description.txt"
	packReadme      = "README.md"
)

// maxReadme bounds the README of a pack, in bytes.
const maxReadme = 1 << 20

// ReadPackage reads a plugin: a pack, a plugin's file with the signature and the
// README.md that lie beside it, or what was built in a folder, with the folder's
// README.md.
func ReadPackage(path string) (*Package, error) {
	folder := filepath.Dir(path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		folder = path
	}
	path, err := one(path)
	if err != nil {
		return nil, err
	}
	data, err := readProgram(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		p, err := ParsePackage(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p.Path = path
		return p, nil
	}
	p := &Package{Program: data, Path: path}
	if p.Signature, err = readSignature(path); err != nil {
		return nil, err
	}
	p.Readme, err = readFile(filepath.Join(folder, packReadme), maxReadme, "a README")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return p, nil
}

// Runtime returns how the plugin is run.
func (p *Package) Runtime() string { return runtimeOf(p.Program) }

// SHA256 returns the checksum of the plugin's file.
func (p *Package) SHA256() Sum { return sumOf(p.Program) }

// Append appends the pack. Nothing in it is compressed: what a compressor gives
// depends on its version.
func (p *Package) Append(dst []byte) ([]byte, error) {
	program, mode := packModule, fs.FileMode(0o644)
	if p.Runtime() == RuntimeProcess {
		program, mode = packProcess, 0o755
	}
	var signature []byte
	if p.Signature != nil {
		signature = p.Signature.Append(nil)
	}
	return zipped(dst, []entry{
		{program, mode, p.Program},
		{packSignature, 0o644, signature},
		{packDescription, 0o644, p.Description},
		{packReadme, 0o644, p.Readme},
	})
}

// entry is a file of an archive; without data it is left out.
type entry struct {
	name string
	mode fs.FileMode
	data []byte
}

// zipped appends an archive of files, none of them compressed.
func zipped(dst []byte, files []entry) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	z := zip.NewWriter(b)
	for _, f := range files {
		if f.data == nil {
			continue
		}
		h := &zip.FileHeader{Name: f.name, Method: zip.Store, Modified: time.Unix(315532800, 0).UTC()} // 1980: zip knows nothing before
		h.SetMode(f.mode)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// unzipped returns the files of an archive by their names. It refuses those that
// limits, in bytes, do not name, that come twice and that are larger than they may be.
func unzipped(data []byte, limits map[string]int64) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		limit, known := limits[f.Name]
		if !known {
			return nil, fmt.Errorf("unknown file %q", f.Name)
		}
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("%q comes twice", f.Name)
		}
		if files[f.Name], err = unpack(f, limit); err != nil {
			return nil, fmt.Errorf("%q: %w", f.Name, err)
		}
	}
	return files, nil
}

// packLimits are the files of a pack and how large they may be, in bytes.
func packLimits() map[string]int64 {
	return map[string]int64{
		packModule: maxProgram, packProcess: maxProgram, packSignature: maxSignature, packDescription: maxReadme, packReadme: maxReadme,
	}
}

// ParsePackage reads a pack. It refuses files that it does not know, files that
// come twice and what is larger than it may be.
func ParsePackage(data []byte) (*Package, error) {
	files, err := unzipped(data, packLimits())
	if err != nil {
		return nil, fmt.Errorf("host: pack: %w", err)
	}
	module, isModule := files[packModule]
	program, isProgram := files[packProcess]
	switch {
	case isModule && isProgram:
		return nil, errors.New("host: pack: two programs")
	case isModule:
		program = module
	case !isProgram:
		return nil, errors.New("host: pack: holds no plugin")
	}
	p := &Package{Program: program, Description: files[packDescription], Readme: files[packReadme], Packed: true}
	if text, signed := files[packSignature]; signed {
		if p.Signature, err = ParseSignature(text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// unpack reads one file of a pack, at most limit bytes of it.
func unpack(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("larger than %d bytes", limit)
	}
	return text, nil
}

// Unpack writes the plugin of a pack to a folder, as ID-VERSION with the suffix
// of its runtime, its signature beside it, and returns where. A file of that name
// with other bytes is left alone and is an error.
func (p *Package) Unpack(dir, id, version string) (string, error) {
	path, mode := filepath.Join(dir, id+"-"+version), os.FileMode(0o755)
	if p.Runtime() == RuntimeModule {
		path, mode = path+".wasm", 0o644
	}
	if err := writeNew(path, p.Program, mode); err != nil {
		return "", err
	}
	if p.Signature != nil {
		if err := writeNew(path+SignatureSuffix, p.Signature.Append(nil), 0o644); err != nil {
			return "", err
		}
	}
	return path, nil
}

// writeNew writes a file, or accepts one that has these very bytes.
func writeNew(path string, data []byte, mode os.FileMode) error {
	if old, err := os.ReadFile(path); err == nil {
		if !bytes.Equal(old, data) {
			return fmt.Errorf("%s: is there, with other contents; move it away first", path)
		}
		return nil
	}
	return os.WriteFile(path, data, mode)
}
