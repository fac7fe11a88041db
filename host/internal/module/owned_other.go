//go:build !unix

package module

import "os"

// owned trusts the folder: outside Unix its access list is inherited from the
// user's profile, where the cache lies.
func owned(os.FileInfo) bool { return true }
