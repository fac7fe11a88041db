package follow

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tiercel/tiercel/core"
)

// Store keeps positions on disk, in two files: the positions proper, written
// whenever output was, and beside them, with the suffix ".windows", what the
// pass has learnt, which is larger and written now and then.
type Store struct{ path string }

// NewStore keeps its positions in the file of that name.
func NewStore(path string) *Store { return &Store{path} }

// Saved is what a Store keeps.
type Saved struct {
	Version  int        `json:"version"`
	Files    []Position `json:"files"`
	Numbered uint64     `json:"incidents"`        // numbered so far
	Output   *int64     `json:"output,omitempty"` // bytes of the output file that belong to these positions
}

// storeVersion changes when older files can no longer be read.
const storeVersion = 1

// Of returns the position of a log, nil for one that was not followed before.
func (s *Saved) Of(name string) *Position {
	for i := range s.Files {
		if s.Files[i].Name == name {
			return &s.Files[i]
		}
	}
	return nil
}

// Load returns what was saved, nothing where there is no file.
func (s *Store) Load() (Saved, error) {
	var saved Saved
	data, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return saved, nil
	}
	if err != nil {
		return saved, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&saved); err != nil {
		return saved, fmt.Errorf("follow: %s is no state file: %w", s.path, err)
	}
	if saved.Version != storeVersion {
		return saved, fmt.Errorf("follow: %s is of version %d, this is %d", s.path, saved.Version, storeVersion)
	}
	return saved, nil
}

// Save replaces the positions.
func (s *Store) Save(saved Saved) error {
	saved.Version = storeVersion
	data, err := json.MarshalIndent(&saved, "", "  ")
	if err != nil {
		return err
	}
	return Replace(s.path, append(data, '\n'))
}

// LoadState returns what a pass had learnt; ok is false where nothing fit was saved.
func (s *Store) LoadState() (st core.State, ok bool, err error) {
	data, err := os.ReadFile(s.path + ".windows")
	if errors.Is(err, fs.ErrNotExist) {
		return st, false, nil
	}
	if err != nil {
		return st, false, err
	}
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&st); err != nil {
		return core.State{}, false, fmt.Errorf("follow: %s.windows: %w", s.path, err)
	}
	return st, true, nil
}

// SaveState replaces what the pass has learnt.
func (s *Store) SaveState(st core.State) error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&st); err != nil {
		return err
	}
	return Replace(s.path+".windows", b.Bytes())
}

// Replace writes a file so that whoever reads it, after whatever end of this
// process or of the machine, finds the old content or the new one.
func Replace(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
