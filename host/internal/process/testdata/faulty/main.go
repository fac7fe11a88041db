// Command faulty is a plugin that does what plugins must not do. What it does
// before it is ready is chosen by its file's name, what it does later by its
// configuration; that it does when the first feature of a batch is above 100.
// Otherwise a row's score is its first feature.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/tiercel/tiercel/plugins/abi"
	pb "github.com/tiercel/tiercel/plugins/learnerpb"
)

func main() {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	stdout := os.Stdout // go-plugin will put a pipe there
	s := &service{stdout: stdout}
	switch filepath.Base(os.Args[0]) {
	case "garbage":
		fmt.Println("Loading model \x1b[2J ...")
	case "endless":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "silent":
		fmt.Fprintln(os.Stderr, "warning: reading the model")
		time.Sleep(time.Hour)
	case "exits":
		fmt.Fprintln(os.Stderr, "error: there is no model")
		os.Exit(3)
	case "panics":
		panic("no model")
	case "version":
		fmt.Println("1|9|unix|/nowhere|grpc|")
	case "elsewhere":
		fmt.Println("1|1|tcp|192.0.2.1:80|grpc|")
	case "nosocket":
		fmt.Println("1|1|unix|" + filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "gone") + "|grpc|")
		time.Sleep(time.Hour)
	case "plain":
		plain(s)
	case "moody":
		s.version = fmt.Sprint(os.Getpid())
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{ProtocolVersion: pb.ProtocolVersion, MagicCookieKey: pb.CookieKey, MagicCookieValue: pb.CookieValue},
		Plugins:         plugin.PluginSet{pb.Name: &served{service: s}},
		GRPCServer:      func(o []grpc.ServerOption) *grpc.Server { return server(o...) },
		Logger:          hclog.NewNullLogger(),
	})
}

func server(o ...grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(o, grpc.MaxRecvMsgSize(1<<30), grpc.MaxSendMsgSize(1<<30))...)
}

// plain serves without a certificate and without streams, as a plugin in
// Python does.
func plain(s *service) {
	s.unary = true
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "plain")
	l, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	g := server()
	pb.RegisterLearnerServer(g, s)
	fmt.Println("1|1|unix|" + path + "|grpc")
	g.Serve(l)
	os.Exit(0)
}

type served struct {
	plugin.NetRPCUnsupportedPlugin
	service *service
}

func (p *served) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	pb.RegisterLearnerServer(s, p.service)
	return nil
}

func (p *served) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

type service struct {
	pb.UnimplementedLearnerServer
	stdout  *os.File
	unary   bool
	version string
	fault   string
	shared  []byte
	learnt  float32
	calls   int
}

func (s *service) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeReply, error) {
	if s.version == "" {
		s.version = "0"
	}
	text := "tiercel 1\nid faulty\nversion 1.0." + s.version + "\ntitle Faulty\nkind http\nfeature *\nrange -1000 1000\n"
	return &pb.DescribeReply{Description: []byte(text), Stream: !s.unary, Fit: true}, nil
}

func (s *service) Configure(_ context.Context, r *pb.ConfigureRequest) (*pb.ConfigureReply, error) {
	s.fault = string(r.Config)
	switch s.fault {
	case "status":
		return &pb.ConfigureReply{Status: int32(abi.BadConfig), Message: "not \x07 such"}, nil
	case "exit in configure":
		os.Exit(4)
	case "shared":
		if m := r.Memory; m != nil {
			var err error
			if s.shared, err = syscall.Mmap(int(m.Descriptor_), 0, int(m.Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err != nil {
				return nil, err
			}
			if syscall.Ftruncate(int(m.Descriptor_), 4096) == nil { // would kill the host
				os.Exit(5)
			}
			return &pb.ConfigureReply{Shared: true}, nil
		}
	}
	return &pb.ConfigureReply{}, nil
}

func (s *service) Fit(_ context.Context, r *pb.FitRequest) (*pb.FitReply, error) {
	labels := make([]float32, len(r.Labels)/4)
	abi.Scores(labels, r.Labels)
	for _, l := range labels {
		s.learnt += l
	}
	return &pb.FitReply{}, nil
}

func (s *service) Snapshot(context.Context, *pb.SnapshotRequest) (*pb.SnapshotReply, error) {
	state := make([]byte, 4)
	abi.PutScores(state, []float32{s.learnt})
	return &pb.SnapshotReply{State: state}, nil
}

func (s *service) Restore(_ context.Context, r *pb.RestoreRequest) (*pb.RestoreReply, error) {
	state := make([]float32, 1)
	abi.Scores(state, r.State)
	s.learnt = state[0]
	return &pb.RestoreReply{}, nil
}

func (s *service) ScoreStream(stream pb.Learner_ScoreStreamServer) error {
	for {
		r, err := stream.Recv()
		if err != nil {
			return err
		}
		reply, err := s.Score(stream.Context(), r)
		if err != nil {
			return err
		}
		if err := stream.Send(reply); err != nil {
			return err
		}
	}
}

func (s *service) Score(_ context.Context, r *pb.ScoreRequest) (*pb.ScoreReply, error) {
	frame := r.Frame
	if r.Shared != 0 {
		frame = bytes.Clone(s.shared[:r.Shared])
	}
	var f abi.Frame
	if err := f.Decode(frame); err != nil {
		return &pb.ScoreReply{Status: int32(abi.BadFrame)}, nil
	}
	scores := make([]float32, f.N)
	for i := range scores {
		scores[i] = f.X[i*f.D] + s.learnt
	}
	s.calls++
	extra := 0
	if f.N > 0 && f.X[0] > 100 {
		reply, err := s.misbehave(scores, &extra)
		if reply != nil || err != nil {
			return reply, err
		}
	}
	out := make([]byte, 4*len(scores)+4*max(extra, 0))
	abi.PutScores(out, scores)
	out = out[:4*(len(scores)+extra)]
	if r.Shared != 0 {
		copy(s.shared[r.Shared:], out)
		out = nil
	}
	return &pb.ScoreReply{Scores: out}, nil
}
