package event

import (
	"bytes"
	"math"
)

// ipProtocols are the names of IP protocol numbers that occur in flow logs (IANA).
var ipProtocols = [256]string{
	1: "icmp", 2: "igmp", 4: "ipv4", 6: "tcp", 8: "egp", 17: "udp", 33: "dccp", 41: "ipv6", 46: "rsvp", 47: "gre",
	50: "esp", 51: "ah", 58: "icmp6", 88: "eigrp", 89: "ospf", 94: "ipip", 103: "pim", 112: "vrrp", 115: "l2tp", 132: "sctp", 136: "udplite",
}

// flow settles the fields of a flow.
func (r *record) flow() {
	e := r.e
	r.protocol()
	if t := r.b.Text(e, Service); equalFold(t, "failed") || equalFold(t, "unknown") { // Suricata
		e.Text[Service] = Span{}
	}
	r.opposite(xTotalBytes, SourceBytes, DestinationBytes)
	r.opposite(xTotalPackets, SourcePackets, DestinationPackets)
	if e.Text[ConnState].Len == 0 && r.has(xState) {
		r.state(r.text(xState))
	}
	if r.has(xAction) && equalFold(r.text(xAction), "reject") { // VPC flow logs
		r.constant(ConnState, "REJ")
	}
}

// opposite takes the source's share from the total to get the destination's.
// Without that share the total is the source's if nothing came back or nothing
// tells the directions apart; otherwise the parts stay unknown.
func (r *record) opposite(total slot, source, destination NumField) {
	n := &r.e.Num
	v, ok := parseNumber(r.text(total))
	if !ok || !math.IsNaN(n[destination]) {
		return
	}
	switch {
	case !math.IsNaN(n[source]):
		if v >= n[source] {
			n[destination] = v - n[source]
		}
	case n[DestinationBytes] == 0:
		n[source], n[destination] = v, 0
	case math.IsNaN(n[DestinationBytes]):
		n[source] = v
	}
}

// protocol settles what `proto` or `protocol` holds: a transport protocol by
// name or number, or an application protocol.
func (r *record) protocol() {
	e := r.e
	if !r.has(xProtocol) || e.Text[Transport].Len > 0 {
		return
	}
	s := r.extra[xProtocol-extraSlot]
	t := trimBlanks(r.b.Bytes(s))
	if len(t) > 5 && equalFold(t[:5], "http/") {
		return
	}
	if digits(t) {
		v, ok := parseNumber(t)
		if ok && v < 256 && ipProtocols[int(v)] != "" {
			r.constant(Transport, ipProtocols[int(v)])
			return
		}
	}
	for _, application := range [...]string{"ssh", "telnet", "http", "https", "dns", "ftp", "smtp", "tls"} {
		if equalFold(t, application) {
			if e.Text[Service].Len == 0 {
				e.Text[Service] = s
				r.lower(Service)
			}
			return
		}
	}
	e.Text[Transport] = s
	r.lower(Transport)
}

// state maps what other sensors call a connection's state to Zeek's conn_state:
//
//	S0   attempt without an answer       S1  established, not ended
//	SF   established and ended normally  REJ attempt refused
//	RSTO source aborted                  RSTR destination aborted
//	OTH  no beginning seen, or no connection (ICMP)
//
// Argus writes the TCP flags of both directions, FSPA_FSA, which are also kept
// as History. An unknown state is left out.
func (r *record) state(t []byte) {
	t = trimBlanks(t)
	tcp := equalFold(r.b.Text(r.e, Transport), "tcp")
	if from, to, ok := bytes.Cut(t, []byte("_")); ok && flagsOnly(from) && flagsOnly(to) {
		r.e.Text[History] = r.extra[xState-extraSlot]
		r.constant(ConnState, flagState(from, to))
		return
	}
	for _, s := range [...]struct{ theirs, ours string }{
		{"new", "S0"},
		{"established", "S1"},
		{"closed", "SF"},
		{"bypassed", "S1"}, // Suricata
		{"int", "S0"},
		{"req", "S0"},
		{"acc", "S1"},
		{"fin", "SF"},
		{"clo", "SF"},
		{"rst", "RSTO"}, // Argus
		{"eco", "OTH"},
		{"ecr", "OTH"},
		{"txd", "OTH"},
		{"urp", "REJ"},
		{"urh", "REJ"},
		{"urn", "REJ"},
		{"urfil", "REJ"},
		{"tst", "OTH"},
		{"mas", "OTH"},
		{"par", "OTH"},
		{"red", "OTH"},
		{"nns", "OTH"},
		{"nra", "OTH"},
		{"nrs", "OTH"},
		{"mrq", "OTH"},
		{"s0", "S0"},
		{"s1", "S1"},
		{"s2", "S2"},
		{"s3", "S3"},
		{"sf", "SF"},
		{"rej", "REJ"},
		{"rsto", "RSTO"},
		{"rstr", "RSTR"},
		{"rstos0", "RSTOS0"},
		{"rstrh", "RSTRH"},
		{"sh", "SH"},
		{"shr", "SHR"},
		{"oth", "OTH"}, // Zeek, KDD
	} {
		if equalFold(t, s.theirs) {
			r.constant(ConnState, s.ours)
			return
		}
	}
	if equalFold(t, "con") { // Argus: both sides were heard
		if tcp {
			r.constant(ConnState, "S1")
		} else {
			r.constant(ConnState, "SF")
		}
	}
}

// flagsOnly reports whether t consists of the letters of TCP flags.
func flagsOnly(t []byte) bool {
	for _, c := range t {
		if bytes.IndexByte([]byte("FSRPAUEC"), c) < 0 {
			return false
		}
	}
	return true
}

// flagState is the state that the flags seen from each side amount to.
func flagState(from, to []byte) string {
	has := func(t []byte, flag byte) bool { return bytes.IndexByte(t, flag) >= 0 }
	switch {
	case has(from, 'S') && len(to) == 0:
		return "S0"
	case has(from, 'S') && has(to, 'R') && !has(to, 'S'):
		return "REJ"
	case !has(from, 'S') || !has(to, 'S'):
		return "OTH"
	case has(from, 'R'):
		return "RSTO"
	case has(to, 'R'):
		return "RSTR"
	case has(from, 'F') && has(to, 'F'):
		return "SF"
	case has(from, 'F'):
		return "S2"
	case has(to, 'F'):
		return "S3"
	}
	return "S1"
}
