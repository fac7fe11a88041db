// Package learnerpb is the gRPC service of base learners that run as
// processes, generated from learner.proto, and the facts of the handshake that
// host and plugins agree on. Authors in Go use package sdk instead.
package learnerpb

//go:generate go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
//go:generate go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.0
//go:generate protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative learner.proto

import "github.com/tiercel/tiercel/plugins/abi"

// Facts of the handshake, that of github.com/hashicorp/go-plugin.
const (
	// ProtocolVersion is the second field of the line that a process prints.
	ProtocolVersion = abi.Version
	// CookieKey and CookieValue are in a plugin's environment, so that it can
	// tell people that it is of no use when started by hand.
	CookieKey   = "TIERCEL_PLUGIN"
	CookieValue = "5f1c2f0a7e3b4d7c9e0d61b28a94c3f7"
	// Name is what go-plugin calls the one service there is.
	Name = "learner"
)

// What a process finds open, beside the standard streams.
const (
	ProgramDescriptor = 3 // the program's own bytes
	SharedDescriptor  = 4 // the shared memory
)

// Limits.
const (
	// MaxState bounds what Snapshot returns.
	MaxState = 16 << 20
	// MaxMessage bounds a message of either side: the largest frame or state,
	// the scores and labels of as many rows as a frame may have, and a message.
	MaxMessage = abi.MaxFrame + 4*abi.MaxRows + 64<<10
	// SharedSize is the size of the shared memory: the largest frame and its scores.
	SharedSize = abi.MaxFrame + 4*abi.MaxRows
)
