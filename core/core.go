// Package core is the engine: log lines in, verdicts out.
//
// An [Engine] is made once from models and is immutable. A [Worker] does the
// stateless part of the work on batches, any number of them side by side; a
// [Stream] does the ordered part. [Engine.Scan] wires both for whole files.
package core
