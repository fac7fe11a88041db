//go:build !wasip1

package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/tiercel/tiercel/plugins/certificate"
	pb "github.com/tiercel/tiercel/plugins/learnerpb"
)

// Serve serves the registered learner to the host that started this program;
// it does not return before the host is done. Call it from main. In a module,
// whose main never runs, it does nothing.
//
// Started by hand with -debug the program prints what to set TIERCEL_REATTACH
// to, and serves hosts that have it set until it is interrupted.
func Serve() {
	if registered == nil {
		fmt.Fprintln(os.Stderr, "sdk: no learner registered: call sdk.Register from an init function")
		os.Exit(1)
	}
	s := &service{learner: registered, stderr: os.Stderr}
	config := &plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: pb.ProtocolVersion, MagicCookieKey: pb.CookieKey, MagicCookieValue: pb.CookieValue,
		},
		Plugins:    plugin.PluginSet{pb.Name: &served{service: s}},
		GRPCServer: newServer,
		Logger:     hclog.NewNullLogger(),
	}
	if len(os.Args) == 2 && os.Args[1] == "-debug" {
		debug(config)
		return
	}
	if os.Getenv(pb.CookieKey) == pb.CookieValue {
		if host := os.Getenv(certificate.Variable); host != "" {
			if err := secure(config, host); err != nil {
				fmt.Fprintln(os.Stderr, "sdk:", err)
				os.Exit(1)
			}
		}
		go func() { // the host is gone, or done with this process
			io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	plugin.Serve(config)
}

// newServer makes go-plugin's server with the contract's limits.
func newServer(options []grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(options,
		grpc.MaxRecvMsgSize(pb.MaxMessage), grpc.MaxSendMsgSize(pb.MaxMessage),
		grpc.InitialWindowSize(pb.MaxMessage), grpc.InitialConnWindowSize(pb.MaxMessage),
		grpc.ReadBufferSize(256<<10), grpc.WriteBufferSize(256<<10))...)
}

// debug serves until it is interrupted.
func debug(config *plugin.ServeConfig) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	where := make(chan *plugin.ReattachConfig, 1)
	done := make(chan struct{})
	config.Test = &plugin.ServeTestConfig{Context: ctx, ReattachConfigCh: where, CloseCh: done}
	go plugin.Serve(config)
	at := <-where
	d := registered.Describe()
	text, err := json.Marshal(map[string]any{d.ID: map[string]any{
		"Protocol": at.Protocol, "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": true,
		"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "sdk:", err)
		os.Exit(1)
	}
	fmt.Printf("TIERCEL_REATTACH='%s'\n", text)
	<-done
}
