// Package abi is the contract between an engine and a plugin's base learner:
// the frame that carries a batch, the description that a plugin gives of
// itself, and the names that a WebAssembly module exports and imports. ABI.md
// is the same contract in words, for authors in other languages.
//
// The decoders bound every size before they allocate and never panic. The
// package is carried by guests and by the browser engine: it imports neither
// fmt nor reflection.
package abi

// Version is the version of the contract. A module answers it from
// tiercel_abi. It grows when an engine or a plugin of the old version would
// misread the new one; additions that the old one can ignore do not change it.
const Version = 1

// Exports of a module. Memory, Score and the rest have the types that ABI.md lists.
const (
	ExportMemory    = "memory"
	ExportABI       = "tiercel_abi"
	ExportDescribe  = "tiercel_describe"
	ExportReserve   = "tiercel_reserve"
	ExportConfigure = "tiercel_configure"
	ExportScore     = "tiercel_score"
	// ExportInitialize is the WASI reactor's: called once before all others, where it exists.
	ExportInitialize = "_initialize"
)

// Imports that a module may have, beside those of WASI.
const (
	ImportModule = "tiercel"
	ImportLog    = "log"
	ImportMatvec = "matvec"
	WASIModule   = "wasi_snapshot_preview1"
)

// Limits of the contract. A host may be stricter about memory and time.
const (
	MaxRows        = 1 << 16  // rows of a frame
	MaxColumns     = 4096     // features that a plugin may declare
	MaxTextColumns = 16       // text columns that a plugin may declare
	MaxFrame       = 16 << 20 // bytes of a frame
	MaxDescription = 64 << 10 // bytes of a description
	MaxConfig      = 16 << 20 // bytes of a configuration
	MaxLog         = 4 << 10  // bytes of a log message; the rest is cut
)

// Status is what tiercel_configure and tiercel_score return. Codes from
// StatusOwn on are the plugin's own; the host reports them by number.
type Status int32

// Statuses.
const (
	OK            Status = 0
	BadFrame      Status = 1 // the frame breaks the contract
	BadColumns    Status = 2 // not the columns that were declared
	NotConfigured Status = 3 // scoring needs a configuration first
	BadConfig     Status = 4 // the configuration is not understood
	Internal      Status = 5 // anything else
	StatusOwn     Status = 16
)

func (s Status) Error() string {
	switch s {
	case OK:
		return "no error"
	case BadFrame:
		return "the frame breaks the contract"
	case BadColumns:
		return "not the columns that were declared"
	case NotConfigured:
		return "needs a configuration"
	case BadConfig:
		return "the configuration is refused"
	case Internal:
		return "internal error"
	}
	return "status " + itoa(int64(s))
}

// Error is why a frame or a description is refused.
type Error string

func (e Error) Error() string { return "plugins/abi: " + string(e) }

// itoa keeps strconv's tables out of guests that only name a status.
func itoa(n int64) string {
	var b [20]byte
	i := len(b)
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	for {
		i--
		b[i] = byte('0' + u%10)
		if u /= 10; u == 0 {
			break
		}
	}
	if n < 0 {
		i--
		b[i] = '-'
	}
	return string(b[i:])
}
