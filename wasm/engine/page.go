//go:build wasip1

package main

import "unsafe"

// pageScore is the one thing that the module imports beside WASI: see callPage.
// The scores are n float32.
//
//go:wasmimport tiercel score
func pageScore(guest uint32, frame unsafe.Pointer, size uint32, scores unsafe.Pointer, n uint32) int32

func scoreInPage(guest uint32, frame []byte, scores []float32) int32 {
	return pageScore(guest, unsafe.Pointer(unsafe.SliceData(frame)), uint32(len(frame)), unsafe.Pointer(unsafe.SliceData(scores)), uint32(len(scores)))
}
