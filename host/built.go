package host

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Built returns the plugins that a path holds: the file, or what was built
// in the folder or in its folder build.
func Built(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var found []string
	for _, dir := range []string{filepath.Join(path, "build"), path} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			file := filepath.Join(dir, e.Name())
			if e.Type().IsRegular() && (strings.HasSuffix(file, ".wasm") || isProgram(file)) {
				found = append(found, file)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%s: nothing is built here: run make first", path)
}

// isProgram says whether a file can be started: a script or an executable of
// Linux, macOS or Windows.
func isProgram(file string) bool {
	info, err := os.Stat(file)
	if err != nil || info.Mode()&0o111 == 0 && filepath.Ext(file) != ".exe" {
		return false
	}
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := f.Read(head)
	for _, magic := range []string{"#!", "\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"} {
		if bytes.HasPrefix(head[:n], []byte(magic)) {
			return true
		}
	}
	return false
}

// one returns the plugin that a path names: of what was built in a folder the
// module, which runs everywhere, else the program.
func one(path string) (string, error) {
	built, err := Built(path)
	if err != nil {
		return "", err
	}
	if modules := slices.DeleteFunc(slices.Clone(built), func(file string) bool { return !strings.HasSuffix(file, ".wasm") }); len(modules) > 0 {
		built = modules
	}
	if len(built) > 1 {
		return "", fmt.Errorf("%s: holds several plugins, %s; name the one that is meant", path, strings.Join(built, ", "))
	}
	return built[0], nil
}
