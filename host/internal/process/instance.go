package process

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
	pb "github.com/tiercel/tiercel/plugins/learnerpb"
)

// instance is a connection to a running process, for one caller at a time.
type instance struct {
	plugin *Process
	run    *running
	conn   *grpc.ClientConn
	client pb.LearnerClient
	ctx    context.Context
	cancel context.CancelFunc

	streams bool // it has ScoreStream
	stream  pb.Learner_ScoreStreamClient
	shares  bool // it takes frames from run.shared
	timer   *time.Timer
	late    atomic.Bool // the timer has fired
	frame   []byte      // for frames that go in messages
	request pb.ScoreRequest
	epoch   int // of the learner's state that it has
	calls   int // of score
}

// Calls as faults name them.
const (
	callDescribe  = "Describe"
	callConfigure = "Configure"
	callScore     = "Score"
	callFit       = "Fit"
	callSnapshot  = "Snapshot"
	callRestore   = "Restore"
)

// connect connects to a process that has said where it listens.
func (p *Process) connect(ctx context.Context, run *running, addr net.Addr, secure *tls.Config) (*instance, error) {
	wait, cancel := context.WithTimeout(ctx, p.options.StartTime)
	defer cancel()
	conn, err := dial(wait, addr, secure, run.pid)
	if err != nil {
		return nil, p.fault("start", guest.Handshake, "connecting to it: "+quoted(err.Error()))
	}
	how := insecure.NewCredentials()
	if secure != nil {
		how = credentials.NewTLS(secure)
	}
	// One connection and no other: what listens there later is another process.
	first := make(chan net.Conn, 1)
	first <- conn
	link, err := grpc.NewClient("passthrough:///plugin",
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			select {
			case c := <-first:
				return c, nil
			default:
				return nil, io.ErrClosedPipe
			}
		}),
		grpc.WithTransportCredentials(how),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(pb.MaxMessage), grpc.MaxCallSendMsgSize(pb.MaxMessage)),
		grpc.WithInitialWindowSize(pb.MaxMessage), grpc.WithInitialConnWindowSize(pb.MaxMessage),
		grpc.WithReadBufferSize(256<<10), grpc.WithWriteBufferSize(256<<10),
		grpc.WithIdleTimeout(0), grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(),
	)
	if err != nil {
		conn.Close()
		return nil, p.fault("start", guest.Handshake, err.Error())
	}
	c := &instance{plugin: p, run: run, conn: link, client: pb.NewLearnerClient(link)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.timer = time.AfterFunc(time.Hour, c.expire)
	c.timer.Stop()
	return c, nil
}

// expire ends a call on the stream that takes too long.
func (c *instance) expire() {
	c.late.Store(true)
	c.run.kill()
	c.cancel()
}

// close ends the process.
func (c *instance) close() {
	c.timer.Stop()
	c.cancel()
	c.conn.Close()
	c.run.stop()
	freeShared(c.run.shared)
	c.run.shared = nil
}

// call makes a call that is not on the hot path, in the time a start may take.
func (c *instance) call(ctx context.Context, name string, do func(context.Context) (int32, string, error)) error {
	limit := c.plugin.options.StartTime
	if c.plugin.attach != nil {
		limit = 1 << 62 // somebody is debugging
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	code, message, err := do(ctx)
	if err != nil {
		if ctx.Err() != nil {
			c.late.Store(true)
			c.run.kill()
		}
		return c.failed(name, err)
	}
	return c.status(name, code, message)
}

// describe reads the description.
func (c *instance) describe(ctx context.Context) (text []byte, fits bool, err error) {
	err = c.call(ctx, callDescribe, func(ctx context.Context) (int32, string, error) {
		r, err := c.client.Describe(ctx, &pb.DescribeRequest{})
		text, fits, c.streams = r.GetDescription(), r.GetFit(), r.GetStream()
		return 0, "", err
	})
	return text, fits, err
}

// configure hands over a configuration, nil for none, and the shared memory.
func (c *instance) configure(ctx context.Context, config []byte) error {
	request := &pb.ConfigureRequest{Config: config}
	if c.run.shared != nil {
		request.Memory = &pb.SharedMemory{Descriptor_: pb.SharedDescriptor, Size: pb.SharedSize}
	}
	return c.call(ctx, callConfigure, func(ctx context.Context) (int32, string, error) {
		r, err := c.client.Configure(ctx, request)
		c.shares = c.run.shared != nil && r.GetShared()
		return r.GetStatus(), r.GetMessage(), err
	})
}

// score scores rows [from, to) with a frame of size bytes.
func (c *instance) score(dst []float32, sel *abi.Selection, b *learner.Batch, from, to, size int) error {
	c.calls++
	n := to - from
	if c.shares {
		sel.Encode(c.run.shared[:size], b, from, to)
		guest.Abstain(dst[from:to])
		abi.PutScores(c.run.shared[size:], dst[from:to]) // what it does not write abstains
		c.request.Frame, c.request.Shared = nil, uint32(size)
	} else {
		if cap(c.frame) < size {
			c.frame = make([]byte, size+size/4)
		}
		c.request.Frame, c.request.Shared = c.frame[:size], 0
		sel.Encode(c.request.Frame, b, from, to)
	}
	reply, err := c.ask()
	if err != nil {
		return c.failed(callScore, err)
	}
	if err := c.status(callScore, reply.Status, reply.Message); err != nil {
		return err
	}
	scores := reply.Scores
	if c.shares && len(scores) == 0 {
		scores = c.run.shared[size : size+4*n]
	}
	if len(scores) != 4*n {
		return c.fault(callScore, guest.Length, countOf(len(scores), n))
	}
	abi.Scores(dst[from:to], scores)
	return nil
}

// ask sends the request and waits for its reply, no longer than a call may take.
func (c *instance) ask() (*pb.ScoreReply, error) {
	if c.plugin.attach == nil {
		c.timer.Reset(c.plugin.options.CallTime)
		defer c.timer.Stop()
	}
	if !c.streams {
		return c.client.Score(c.ctx, &c.request)
	}
	if c.stream == nil {
		var err error
		if c.stream, err = c.client.ScoreStream(c.ctx); err != nil {
			return nil, err
		}
	}
	if err := c.stream.Send(&c.request); err != nil && err != io.EOF {
		return nil, err
	}
	return c.stream.Recv() // after io.EOF it says why
}

// status turns a status that is not 0 into a fault.
func (c *instance) status(call string, code int32, message string) error {
	s := abi.Status(code)
	if s == abi.OK {
		return nil
	}
	text := s.Error()
	if message != "" {
		text += ": " + quoted(message)
	}
	return c.fault(call, guest.Status, text)
}

// failed says why a call brought no answer.
func (c *instance) failed(call string, err error) *guest.Fault {
	if c.late.Load() || errors.Is(err, context.DeadlineExceeded) {
		return c.fault(call, guest.Late, "no answer within "+c.limit(call).String()+"; it was killed")
	}
	s, _ := status.FromError(err)
	switch s.Code() {
	case codes.ResourceExhausted:
		return c.fault(call, guest.Length, quoted(s.Message()))
	case codes.Unimplemented:
		return c.fault(call, guest.Refused, "it does not have this call")
	case codes.Unavailable, codes.Canceled:
		if text := c.run.cause(); c.run.pid != 0 {
			return c.fault(call, guest.Crashed, text)
		}
	}
	return c.fault(call, guest.Crashed, quoted(err.Error()))
}

func (c *instance) limit(call string) time.Duration {
	if call == callScore {
		return c.plugin.options.CallTime
	}
	return c.plugin.options.StartTime
}

func (c *instance) fault(call string, reason guest.Reason, detail string) *guest.Fault {
	return c.plugin.fault(call, reason, detail)
}

// countOf says how many scores came in bytes, and of how many rows.
func countOf(bytes, rows int) string {
	return strconv.Itoa(bytes/4) + " (" + strconv.Itoa(bytes) + " bytes) for " + strconv.Itoa(rows) + " rows"
}

// quoted is the start of what a plugin says, escaped.
func quoted(text string) string { return guest.Escape([]byte(text[:min(len(text), 300)])) }
