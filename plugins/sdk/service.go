//go:build !wasip1

package sdk

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/tiercel/tiercel/plugins/abi"
	pb "github.com/tiercel/tiercel/plugins/learnerpb"
)

// service is the process's side of the contract. Calls are one at a time, as
// in a module, so that an author's learner needs no locks.
type service struct {
	pb.UnimplementedLearnerServer
	learner Learner
	stderr  *os.File

	mu     sync.Mutex
	once   sync.Once
	shared []byte // memory that the host writes frames to; nil for none
	frame  abi.Frame
	scores []float32
}

// served is the service as go-plugin takes it.
type served struct {
	plugin.NetRPCUnsupportedPlugin
	service *service
}

var _ plugin.GRPCPlugin = (*served)(nil)

// GRPCServer registers the service.
func (p *served) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	pb.RegisterLearnerServer(s, p.service)
	return nil
}

// GRPCClient is the host's, which has its own.
func (p *served) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("sdk: a plugin serves")
}

// Describe comes first.
func (s *service) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeReply, error) {
	s.once.Do(func() {
		// go-plugin has put pipes here that nobody empties; what the author
		// prints is the log.
		os.Stdout, os.Stderr = s.stderr, s.stderr
	})
	d := s.learner.Describe()
	_, fit := s.learner.(Fitter)
	return &pb.DescribeReply{Description: d.Append(nil), Stream: true, Fit: fit}, nil
}

// Configure hands the configuration on and maps the shared memory.
func (s *service) Configure(_ context.Context, r *pb.ConfigureRequest) (*pb.ConfigureReply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := r.Memory; m != nil && s.shared == nil {
		s.shared = mapShared(int(m.Descriptor_), m.Size)
	}
	reply := &pb.ConfigureReply{Shared: s.shared != nil}
	if r.Config != nil {
		if c, ok := s.learner.(Configurer); ok {
			reply.Status, reply.Message = status(c.Configure(r.Config), abi.BadConfig)
		} else {
			reply.Status, reply.Message = int32(abi.BadConfig), "it takes no configuration"
		}
	}
	return reply, nil
}

// Score scores one batch.
func (s *service) Score(_ context.Context, r *pb.ScoreRequest) (*pb.ScoreReply, error) {
	reply := new(pb.ScoreReply)
	s.score(reply, r)
	return reply, nil
}

// ScoreStream scores batches until the host closes the stream.
func (s *service) ScoreStream(stream pb.Learner_ScoreStreamServer) error {
	var (
		request pb.ScoreRequest
		reply   pb.ScoreReply
	)
	for {
		if err := stream.RecvMsg(&request); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		s.score(&reply, &request)
		if err := stream.SendMsg(&reply); err != nil {
			return err
		}
	}
}

// score fills reply, whose memory it uses again.
func (s *service) score(reply *pb.ScoreReply, r *pb.ScoreRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply.Scores = reply.Scores[:0]
	bytes, room := r.Frame, []byte(nil)
	if r.Shared != 0 {
		if uint64(r.Shared) > uint64(len(s.shared)) {
			reply.Status, reply.Message = status(abi.BadFrame, abi.BadFrame)
			return
		}
		bytes, room = s.shared[:r.Shared], s.shared[r.Shared:]
	}
	if err := s.frame.Decode(bytes); err != nil {
		reply.Status, reply.Message = int32(abi.BadFrame), err.Error()
		return
	}
	n := s.frame.N
	if cap(s.scores) < n {
		s.scores = make([]float32, n+n/4)
	}
	s.scores = s.scores[:n]
	clear(s.scores)
	if reply.Status, reply.Message = status(scoreFrame(s.scores, &s.frame), abi.Internal); reply.Status != int32(abi.OK) {
		return
	}
	if r.Shared != 0 && len(room) >= 4*n {
		abi.PutScores(room, s.scores)
		return
	}
	if cap(reply.Scores) < 4*n {
		reply.Scores = make([]byte, 4*n+n)
	}
	reply.Scores = reply.Scores[:4*n]
	abi.PutScores(reply.Scores, s.scores)
}

// Fit learns from labelled rows.
func (s *service) Fit(_ context.Context, r *pb.FitRequest) (*pb.FitReply, error) {
	reply := new(pb.FitReply)
	reply.Status, reply.Message = s.fitter(func(f Fitter) error {
		if err := s.frame.Decode(r.Frame); err != nil || len(r.Labels) != 4*s.frame.N {
			return abi.BadFrame
		}
		labels := make([]float32, s.frame.N)
		abi.Scores(labels, r.Labels)
		return f.Fit(&s.frame, labels)
	})
	return reply, nil
}

// Snapshot returns what was learnt.
func (s *service) Snapshot(context.Context, *pb.SnapshotRequest) (*pb.SnapshotReply, error) {
	reply := new(pb.SnapshotReply)
	reply.Status, reply.Message = s.fitter(func(f Fitter) (err error) {
		reply.State, err = f.Snapshot()
		return err
	})
	return reply, nil
}

// Restore takes back what was learnt.
func (s *service) Restore(_ context.Context, r *pb.RestoreRequest) (*pb.RestoreReply, error) {
	reply := new(pb.RestoreReply)
	reply.Status, reply.Message = s.fitter(func(f Fitter) error { return f.Restore(r.State) })
	return reply, nil
}

// fitter does what only a learner that learns can do.
func (s *service) fitter(do func(Fitter) error) (int32, string) {
	f, ok := s.learner.(Fitter)
	if !ok {
		return int32(abi.Internal), "it does not learn"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return status(do(f), abi.Internal)
}

// status turns an error into a status and its text; one that is none becomes other.
func status(err error, other abi.Status) (int32, string) {
	if err == nil {
		return int32(abi.OK), ""
	}
	if s, ok := err.(abi.Status); ok {
		return int32(s), ""
	}
	return int32(other), err.Error()
}
