// Command engine is the browser's engine: a WASI reactor
// (https://github.com/WebAssembly/WASI, snapshot preview 1) that scores pieces
// of logs. The same file runs in browsers, in Node and in wazero.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o tiercel.wasm ./wasm/engine
//
// Only integers and memory cross its border; exports.go lists the calls. A page
// runs several instances, one a worker. Each prepares and finishes pieces of a
// log on its own; one of them also orders the pieces, so the verdicts do not
// depend on how many there are.
//
// Without wasip1 the package holds the same code for its tests.
package main

func main() {}
