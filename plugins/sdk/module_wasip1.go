package sdk

import (
	"runtime"
	"unsafe"

	"github.com/tiercel/tiercel/plugins/abi"
)

// guest is the module's side of the contract. A module is single-threaded.
var guest struct {
	region      []float64 // 8-byte aligned, so that frames are
	description []byte
	frame       abi.Frame
	calls       uint
}

// yieldEvery is how many calls pass between two yields. A call that comes from
// outside never lets Go's collector run on: without yields a guest under
// 128 MiB was dead after 1,932 calls; one in 16 held it at 10 MiB.
const yieldEvery = 16

//go:wasmexport tiercel_abi
func exportABI() int32 { return abi.Version }

//go:wasmexport tiercel_describe
func exportDescribe() int64 {
	if registered == nil {
		panic("sdk: no learner registered: call sdk.Register from an init function")
	}
	if guest.description == nil {
		d := registered.Describe()
		guest.description = d.Append(nil)
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(guest.description)))
	return int64(uint64(at)<<32 | uint64(len(guest.description)))
}

//go:wasmexport tiercel_reserve
func exportReserve(size uint32) uint32 {
	if int(size) > 8*len(guest.region) {
		guest.region = make([]float64, (size+7)/8)
	}
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(guest.region))))
}

//go:wasmexport tiercel_configure
func exportConfigure(at unsafe.Pointer, length uint32) int32 {
	c, ok := registered.(Configurer)
	if !ok {
		return int32(abi.BadConfig)
	}
	return status(c.Configure(append([]byte(nil), bytesAt(at, length)...)), abi.BadConfig)
}

//go:wasmexport tiercel_score
func exportScore(at unsafe.Pointer, length uint32, out unsafe.Pointer) int32 {
	if guest.calls++; guest.calls%yieldEvery == 0 {
		runtime.Gosched()
	}
	f := &guest.frame
	if err := f.Decode(bytesAt(at, length)); err != nil {
		return int32(abi.BadFrame)
	}
	dst := unsafe.Slice((*float32)(out), f.N)
	return status(scoreFrame(dst, f), abi.Internal)
}

// bytesAt views memory of the region.
func bytesAt(at unsafe.Pointer, length uint32) []byte {
	return unsafe.Slice((*byte)(at), length)
}

// status turns an error into a status; one that is none becomes other, and its
// text is logged.
func status(err error, other abi.Status) int32 {
	if err == nil {
		return int32(abi.OK)
	}
	if s, ok := err.(abi.Status); ok {
		return int32(s)
	}
	Log(Error, err.Error())
	return int32(other)
}

//go:wasmimport tiercel log
func hostLog(level uint32, text unsafe.Pointer, length uint32)

//go:wasmimport tiercel matvec
func hostMatvec(out, x, w unsafe.Pointer, rows, columns uint32)

// Serve does nothing in a module, whose main never runs.
func Serve() {}

// Log sends a line to the host's log: at most abi.MaxLog bytes; the host
// limits how many it keeps.
func Log(level Level, text string) {
	hostLog(uint32(level), unsafe.Pointer(unsafe.StringData(text)), uint32(len(text)))
}

// Matvec computes dst[i] = sum over j of x[i*len(w)+j] * w[j] for each of
// len(dst) rows, leaving out missing values (NaN), in the engine: compiled Go
// in WebAssembly takes five times as long. The order of the sum is that of
// abi.Matvec.
func Matvec(dst, x, w []float32) {
	if len(x) != len(dst)*len(w) {
		panic("sdk: Matvec: x must have len(dst) rows of len(w)")
	}
	hostMatvec(unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(w)),
		uint32(len(dst)), uint32(len(w)))
}
