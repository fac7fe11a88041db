package process

import (
	"context"
	"crypto/tls"
	"net"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/certificate"
	"github.com/tiercel/tiercel/plugins/learnerpb"
)

// start starts a process, or connects to one that a debugger holds. Errors are
// of type *Fault.
func (p *Process) start(ctx context.Context) (*instance, error) {
	if p.attach != nil {
		return p.reattach(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, p.fault("start", guest.Late, err.Error())
	}
	shown, err := certificate.New()
	if err != nil {
		return nil, p.fault("start", guest.Refused, "making a certificate: "+err.Error())
	}
	secure := certificate.Host(shown)
	run := &running{plugin: p, ended: make(chan struct{})}
	run.stdout = handshake{plugin: p, line: make(chan string, 1)}
	run.stderr = journal{plugin: p, ended: make(chan struct{})}
	config := &plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: learnerpb.ProtocolVersion, MagicCookieKey: learnerpb.CookieKey, MagicCookieValue: learnerpb.CookieValue,
		},
		Plugins: plugin.PluginSet{},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, folder string) (runner.Runner, error) {
			run.env, run.folder = append(cmd.Env, certificate.Variable+"="+certificate.PEM(shown)), folder
			return run, nil
		},
		StartTimeout:     p.options.StartTime,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
		TLSConfig:        secure,
		SkipHostEnv:      true,
	}
	stop := context.AfterFunc(ctx, func() { run.kill() })
	defer stop()
	begin := time.Now()
	addr, err := plugin.NewClient(config).Start()
	if err != nil {
		return nil, p.stillborn(ctx, run, err, time.Since(begin))
	}
	// go-plugin has put the process's certificate here: no roots, if it showed none.
	if secure.RootCAs == nil {
		secure = nil
	}
	c, err := p.connect(ctx, run, addr, secure)
	if err != nil {
		run.kill()
		<-run.ended
		freeShared(run.shared)
		return nil, err
	}
	return c, nil
}

// stillborn says why a process did not get as far as its handshake, and ends it.
func (p *Process) stillborn(ctx context.Context, run *running, err error, took time.Duration) error {
	late := took >= p.options.StartTime || ctx.Err() != nil
	cause := ""
	if run.folder != "" { // go-plugin came as far as starting it
		if !late {
			cause = run.cause()
		}
		run.kill()
		<-run.ended
		freeShared(run.shared)
	}
	printed, proper := run.stdout.printed()
	switch {
	case run.refused != nil:
		return p.fault("start", guest.Refused, run.refused.Error())
	case printed != "" && !proper:
		return p.fault("start", guest.Handshake, `standard output begins with "`+printed+`", which is not a handshake`)
	case printed != "":
		return p.fault("start", guest.Handshake, quoted(err.Error()))
	case late:
		return p.fault("start", guest.Late, "it did not say that it is ready in "+took.Round(time.Millisecond).String()+run.quote())
	case cause != "":
		return p.fault("start", guest.Crashed, cause)
	}
	return p.fault("start", guest.Refused, err.Error())
}

// fault is one of this plugin.
func (p *Process) fault(call string, reason guest.Reason, detail string) *guest.Fault {
	return &guest.Fault{Plugin: *p.id.Load(), Call: call, Reason: reason, Detail: detail}
}

// dial connects to a process. secure is nil for a connection without TLS,
// which is only taken from the process itself, or from a debugger's (pid 0).
func dial(ctx context.Context, addr net.Addr, secure *tls.Config, pid int) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, addr.Network(), addr.String())
	if err == nil && secure == nil && pid != 0 {
		if err = ownedBy(conn, pid); err != nil {
			conn.Close()
		}
	}
	return conn, err
}
