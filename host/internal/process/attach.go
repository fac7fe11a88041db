package process

import (
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"

	"github.com/tiercel/tiercel/host/internal/guest"
)

// attachment is where a process listens that somebody else started. The form
// is that of go-plugin's reattach configuration in JSON, as Terraform has it.
type attachment struct {
	Protocol        string
	ProtocolVersion int
	Pid             int
	Test            bool
	Addr            struct{ Network, String string }
}

// findAttachment returns that of the plugin named by path, nil for none.
func findAttachment(text, path string) (*attachment, error) {
	if text == "" {
		return nil, nil
	}
	var all map[string]*attachment
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, guest.Refuse(path, "TIERCEL_REATTACH is not what a plugin started with -debug prints: %v", err)
	}
	name := filepath.Base(path)
	for _, key := range []string{path, name, strings.TrimSuffix(name, filepath.Ext(name))} {
		if a := all[key]; a != nil {
			return a, nil
		}
	}
	return nil, nil
}

// reattach connects to the process.
func (p *Process) reattach(ctx context.Context) (*instance, error) {
	var addr net.Addr
	switch a := p.attach.Addr; a.Network {
	case "unix":
		addr = &net.UnixAddr{Name: a.String, Net: a.Network}
	case "tcp":
		tcp, err := net.ResolveTCPAddr(a.Network, a.String)
		if err != nil || !tcp.IP.IsLoopback() {
			return nil, guest.Refuse(p.name, "TIERCEL_REATTACH: %q is no address of this machine", a.String)
		}
		addr = tcp
	default:
		return nil, guest.Refuse(p.name, "TIERCEL_REATTACH: no network %q", a.Network)
	}
	run := &running{plugin: p, ended: make(chan struct{}), sandbox: "not sandboxed: started by somebody else, for debugging"}
	return p.connect(ctx, run, addr, nil)
}
