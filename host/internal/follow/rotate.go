package follow

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cut reports whether the file was truncated: it is shorter than what was read,
// or starts otherwise.
func (t *Tail) cut() bool {
	info, err := t.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	grown := info.Size() != t.info.Size() || !info.ModTime().Equal(t.info.ModTime())
	t.info = info
	if info.Size() < t.offset {
		return true
	}
	if !grown || len(t.head) == 0 {
		return false
	}
	head := make([]byte, len(t.head))
	n, err := t.file.ReadAt(head, 0)
	return (err == nil || err == io.EOF) && !bytes.Equal(head[:n], t.head)
}

// restart goes on at the beginning of a file that was truncated. What was
// copied before and not read yet is looked for beside it.
func (t *Tail) restart() (Piece, error) {
	former := t.Position()
	former.Offset, former.Inode = t.offset, 0
	former.HeadSize, former.Head = len(t.head), hashOf(t.head)
	path := ""
	if len(t.head) >= minHead {
		path, _ = t.find(&former)
	}
	rest := t.buf
	offset, head := t.offset, t.head
	t.buf, t.given = nil, 0
	if path != "" && path != t.name {
		if err := t.open(path); err == nil {
			t.offset, t.head, t.buf, t.fresh = offset, head, rest, false
			t.next = nil
			return Piece{}, nil // the next polls read its rest, then find the name replaced
		}
	}
	t.offset, t.head, t.skip, t.fresh = 0, nil, false, true
	if len(rest) > 0 {
		return Piece{Data: append(rest, '\n')}, nil
	}
	return Piece{}, nil
}

// replaced reports whether there is another file to go on with.
func (t *Tail) replaced() bool {
	if len(t.next) > 0 {
		return true
	}
	info, err := os.Stat(t.name)
	return err == nil && !os.SameFile(info, t.info)
}

// rotate goes on with the next file. The line that the former one ended in is
// handed out first.
func (t *Tail) rotate() (Piece, error) {
	if len(t.buf) > 0 {
		t.buf = append(t.buf, '\n')
		return t.give(len(t.buf)), nil
	}
	if len(t.next) == 0 {
		t.next = t.successors(t.info)
	}
	path := t.name
	if len(t.next) > 0 {
		path, t.next = t.next[0], t.next[1:]
	}
	err := t.open(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // rotated again at this moment; the next poll looks anew
	}
	return Piece{}, err
}

// find returns the file that a position is in: that of the name, else one
// beside it with the same beginning and long enough.
func (t *Tail) find(p *Position) (path string, info os.FileInfo) {
	candidates := append([]string{t.name}, t.rotated()...)
	for _, sameInode := range []bool{true, false} {
		if !sameInode && p.HeadSize < minHead {
			break
		}
		for _, c := range candidates {
			f, err := os.Open(c)
			if err != nil {
				continue
			}
			info, err := f.Stat()
			head := make([]byte, p.HeadSize)
			if err == nil && info.Mode().IsRegular() && info.Size() >= p.Offset && (inode(info) == p.Inode) == sameInode {
				if n, _ := f.ReadAt(head, 0); n == len(head) && hashOf(head) == p.Head {
					f.Close()
					return c, info
				}
			}
			f.Close()
		}
	}
	return "", nil
}

// successors returns the rotated files that were written after the given one,
// oldest first: what a process that did not run, or a fast rotation, missed.
func (t *Tail) successors(of os.FileInfo) []string {
	type file struct {
		path string
		info os.FileInfo
	}
	var list []file
	for _, path := range t.rotated() {
		info, err := os.Stat(path)
		if err == nil && !os.SameFile(info, of) && info.ModTime().After(of.ModTime()) {
			list = append(list, file{path, info})
		}
	}
	slices.SortFunc(list, func(a, b file) int { return a.info.ModTime().Compare(b.info.ModTime()) })
	paths := make([]string, len(list))
	for i := range list {
		paths[i] = list[i].path
	}
	return paths
}

// rotated returns the files beside the log whose names are its own and a number
// or a date.
func (t *Tail) rotated() []string {
	dir, base := filepath.Split(t.name)
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		suffix, ok := strings.CutPrefix(e.Name(), base)
		if ok && suffix != "" && strings.Trim(suffix, "0123456789.-_") == "" && e.Type().IsRegular() {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}
