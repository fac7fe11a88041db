package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tiercel/tiercel/host/internal/stream"
)

// Syslog sends rows in the Common Event Format (ArcSight, "Implementing CEF",
// revision 25) as syslog messages (RFC 5424), over TCP with counted octets (RFC
// 6587, section 3.4.1) or over UDP. Syslog has no acknowledgement: what the
// network took counts as taken.
type Syslog struct {
	network, address, host string
	conn                   net.Conn
}

var _ Sink = (*Syslog)(nil)

// NewSyslog sends to "tcp" or "udp" at an address.
func NewSyslog(network, address string) *Syslog {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "-"
	}
	return &Syslog{network: network, address: address, host: host}
}

// Write implements Sink.
func (s *Syslog) Write(ctx context.Context, b Batch) error {
	if s.conn == nil {
		var d net.Dialer
		conn, err := d.DialContext(ctx, s.network, s.address)
		if err != nil {
			return err
		}
		s.conn = conn
	}
	deadline, _ := ctx.Deadline()
	s.conn.SetWriteDeadline(deadline)
	for line := range bytes.Lines(b.Rows) {
		var r stream.Row
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("row: %w", err)
		}
		m := s.message(&r)
		if s.network == "tcp" {
			m = strconv.Itoa(len(m)) + " " + m
		}
		if _, err := s.conn.Write([]byte(m)); err != nil {
			s.conn.Close()
			s.conn = nil
			return err
		}
	}
	return nil
}

// Facility 16 is local0; syslog severities fall as ours rise.
const facility = 16

var (
	syslogSeverity = [...]int{6, 5, 4, 3, 2} // none ... critical
	cefSeverity    = [...]int{0, 3, 5, 8, 10}
)

// message returns a row as one syslog message.
func (s *Syslog) message(r *stream.Row) string {
	level := min(max(r.Severity, 0), len(cefSeverity)-1)
	at := r.Time
	if at == "" {
		at = time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	}
	class := r.Class
	if class == "" {
		class = r.Kind
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%d>1 %s %s tiercel - - - ", facility*8+syslogSeverity[level], at, s.host)
	fmt.Fprintf(&b, "CEF:0|tiercel|tiercel|1|%s|%s|%d|", cefHeader(class), cefHeader(class+" in "+r.Dataset), cefSeverity[level])
	extension(&b, "externalId", r.ID)
	extension(&b, "src", r.Fields["source.ip"])
	extension(&b, "suser", r.Fields["user.name"])
	extension(&b, "request", r.Fields["url.original"])
	extension(&b, "requestClientApplication", r.Fields["user_agent.original"])
	extension(&b, "fname", r.Source)
	extension(&b, "cs1Label", "entity")
	extension(&b, "cs1", r.Entity)
	extension(&b, "cs2Label", "technique")
	extension(&b, "cs2", strings.Join(r.Technique, ","))
	extension(&b, "cs3Label", "incident")
	extension(&b, "cs3", r.Incident)
	if r.Score != nil {
		extension(&b, "cfp1Label", "score")
		extension(&b, "cfp1", strconv.FormatFloat(*r.Score, 'g', 6, 64))
	}
	if r.Count > 0 {
		extension(&b, "cnt", strconv.FormatInt(r.Count, 10))
	}
	extension(&b, "msg", r.Why+r.Error)
	return strings.TrimSuffix(b.String(), " ")
}

var (
	headerEscapes    = strings.NewReplacer(`\`, `\\`, `|`, `\|`, "\n", " ", "\r", " ")
	extensionEscapes = strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\n", `\n`, "\r", `\r`)
)

func cefHeader(text string) string { return headerEscapes.Replace(text) }

// extension adds a pair unless its value is absent.
func extension(b *strings.Builder, key, value string) {
	if value != "" {
		b.WriteString(key + "=" + extensionEscapes.Replace(value) + " ")
	}
}

// Close closes the connection.
func (s *Syslog) Close() error {
	if s.conn == nil {
		return nil
	}
	return s.conn.Close()
}

// idOf returns the event.id of a row.
func idOf(row []byte) string {
	var r struct {
		ID string `json:"event.id"`
	}
	json.Unmarshal(row, &r) // a row without one is stored without one
	return r.ID
}
