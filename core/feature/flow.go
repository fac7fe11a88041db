package feature

import (
	"math"

	"github.com/tiercel/tiercel/core/event"
)

// Stateless columns of flows.
const (
	flowDuration = iota
	flowSourceBytes
	flowDestinationBytes
	flowSourcePackets
	flowDestinationPackets
	flowByteBalance
	flowPacketBalance
	flowSourceMean
	flowDestinationMean
	flowByteRate
	flowPacketRate
	flowInstant
	flowOneSided
	flowFewPackets
	flowSourceEmpty
	flowDestinationEmpty
	flowTCP
	flowUDP
	flowICMP
	flowOtherTransport
	flowPortWeb
	flowPortDNS
	flowPortMail
	flowPortLogin
	flowPortShare
	flowPortDatabase
	flowPortNetwork
	flowPortSystem
	flowPortUser
	flowPortEphemeral
	flowPortNone
	flowMulticast
	flowStateNormal
	flowStateAttempt
	flowStateRefused
	flowStateAborted
	flowStateHalf
	flowStateOther
	flowHistoryData
	flowHistoryAnswer
	flowHistoryReset
	numFlowStateless
)

// flowStateless: sizes are log1p, rounded to quarters. Exporters differ in what
// they count (Zeek IP bytes, others payload, Argus rounds), and a finer scale
// would let a learner tell networks apart by their exporter.
var flowStateless = [numFlowStateless]string{
	flowDuration:           "duration",                 // log1p of seconds, in halves
	flowSourceBytes:        "source.bytes",             // log1p
	flowDestinationBytes:   "destination.bytes",        // log1p
	flowSourcePackets:      "source.packets",           // log1p
	flowDestinationPackets: "destination.packets",      // log1p
	flowByteBalance:        "bytes.balance",            // -1 all received to 1 all sent
	flowPacketBalance:      "packets.balance",          // -1 all received to 1 all sent
	flowSourceMean:         "source.packet_size",       // log1p of bytes a packet
	flowDestinationMean:    "destination.packet_size",  // log1p of bytes a packet
	flowByteRate:           "bytes.rate",               // log1p of bytes a second, both directions
	flowPacketRate:         "packets.rate",             // log1p of packets a second, both directions
	flowInstant:            "duration.instant",         // shorter than 1 ms
	flowOneSided:           "destination.silent",       // nothing came back
	flowFewPackets:         "source.few_packets",       // at most 3
	flowSourceEmpty:        "source.headers_only",      // packets too small to carry data
	flowDestinationEmpty:   "destination.headers_only", // packets too small to carry data
	flowTCP:                "transport.tcp",
	flowUDP:                "transport.udp",
	flowICMP:               "transport.icmp",
	flowOtherTransport:     "transport.other",
	flowPortWeb:            "port.web",
	flowPortDNS:            "port.dns",
	flowPortMail:           "port.mail",
	flowPortLogin:          "port.login",
	flowPortShare:          "port.share",
	flowPortDatabase:       "port.database",
	flowPortNetwork:        "port.network",
	flowPortSystem:         "port.system",
	flowPortUser:           "port.registered",
	flowPortEphemeral:      "port.ephemeral",
	flowPortNone:           "port.none",
	flowMulticast:          "destination.multicast",
	flowStateNormal:        "state.normal",   // SF, S1
	flowStateAttempt:       "state.attempt",  // S0: no answer
	flowStateRefused:       "state.refused",  // REJ
	flowStateAborted:       "state.aborted",  // RSTO, RSTR
	flowStateHalf:          "state.half",     // S2, S3, SH, SHR, RSTOS0, RSTRH
	flowStateOther:         "state.other",    // OTH
	flowHistoryData:        "history.data",   // the source sent data
	flowHistoryAnswer:      "history.answer", // the destination sent data
	flowHistoryReset:       "history.reset",  // somebody reset the connection
}

// Flow encodes connections: durations, sizes and their ratios, the protocol,
// the group of services that the destination port belongs to, and how the
// connection ended. Addresses, source ports, time and the sensor's idea of what
// is local are no features. A value is NaN where the record lacks what it is
// made of: connection states and histories are those of few sensors.
//
// It is immutable and safe for concurrent use.
type Flow struct{ schema *Schema }

var _ Encoder = (*Flow)(nil)

// NewFlow returns the encoder of flows.
func NewFlow() *Flow { return &Flow{schema(event.Flow, flowStateless[:])} }

// Schema returns the columns.
func (f *Flow) Schema() *Schema { return f.schema }

// Encode implements Encoder; rows have no values.
func (f *Flow) Encode(dst *Batch, obs *[]Observation, b *event.Batch, _ *Scratch) {
	prepare(dst, obs, len(b.Events), len(f.schema.Names))
	for i := range b.Events {
		dst.Texts.endRow()
		if e := &b.Events[i]; readableEvent(e, event.Flow) {
			encodeFlow(dst.Row(i), &(*obs)[i], b, e)
		}
	}
}

// headerOnly is the largest mean size of a packet that carries no data: 20
// bytes of IP and up to 40 of TCP with options.
const headerOnly = 60

func encodeFlow(row []float32, o *Observation, b *event.Batch, e *event.Event) {
	n := &e.Num
	duration := n[event.Duration]
	sent, received := n[event.SourceBytes], n[event.DestinationBytes]
	sentPackets, receivedPackets := n[event.SourcePackets], n[event.DestinationPackets]

	row[flowDuration] = float32(math.Floor(float64(float64(logOf(duration))*2)+0.5)) / 2
	row[flowSourceBytes] = coarse(sent)
	row[flowDestinationBytes] = coarse(received)
	row[flowSourcePackets] = coarse(sentPackets)
	row[flowDestinationPackets] = coarse(receivedPackets)
	row[flowByteBalance] = balance(sent, received)
	row[flowPacketBalance] = balance(sentPackets, receivedPackets)
	sentMean, receivedMean := mean(sent, sentPackets), mean(received, receivedPackets)
	row[flowSourceMean] = coarse(sentMean)
	row[flowDestinationMean] = coarse(receivedMean)
	if duration >= 0 {
		// Sensors round short durations, some to 0: below a millisecond a rate
		// says more about the clock than about the flow.
		seconds := max(duration, 1e-3)
		row[flowByteRate] = coarse((sent + received) / seconds)
		row[flowPacketRate] = coarse((sentPackets + receivedPackets) / seconds)
		row[flowInstant] = flag(duration < 1e-3)
	}
	silent, known := silentPeer(received, receivedPackets)
	if known {
		row[flowOneSided] = flag(silent)
	}
	if sentPackets >= 0 {
		row[flowFewPackets] = flag(sentPackets <= 3)
	}
	if sentMean >= 0 {
		row[flowSourceEmpty] = flag(sentMean <= headerOnly)
	}
	if receivedMean >= 0 {
		row[flowDestinationEmpty] = flag(receivedMean <= headerOnly)
	}

	transport := transportOf(b.Text(e, event.Transport))
	if transport != 0 {
		for c := flowTCP; c <= flowOtherTransport; c++ {
			row[c] = flag(c == transport)
		}
	}
	port := n[event.DestinationPort]
	class := classOfPort(port)
	if transport == flowICMP {
		class = portNone
	}
	for c := flowPortWeb; c <= flowPortNone; c++ {
		row[c] = 0
	}
	if class == portNone {
		row[flowPortNone] = 1
	} else {
		row[flowPortWeb+int(class-portWeb)] = 1
	}
	group := multicast(b.Text(e, event.DestinationIP))
	if e.Text[event.DestinationIP].Len != 0 {
		row[flowMulticast] = flag(group)
	}
	state := stateOf(b.Text(e, event.ConnState))
	if state.column != 0 {
		for c := flowStateNormal; c <= flowStateOther; c++ {
			row[c] = flag(c == state.column)
		}
	}
	if h := b.Text(e, event.History); len(h) != 0 {
		data, answer, reset := historyOf(h)
		row[flowHistoryData], row[flowHistoryAnswer], row[flowHistoryReset] = flag(data), flag(answer), flag(reset)
	}

	o.Kind, o.Time = event.Flow, e.Time
	o.Entity = hashOf(b, e, event.SourceIP)
	o.Peer = hashOf(b, e, event.DestinationIP)
	if transport != 0 || class != portNone {
		if class == portNone {
			port = 0
		}
		o.Item = HashPair(uint64(transport)+1, uint64(port)+1)
	}
	if o.Peer != 0 && o.Item != 0 {
		o.Service = HashPair(o.Peer, o.Item)
	}
	o.In, o.Out = size(received), size(sent)
	switch class {
	case portNone, portUser, portEphemeral:
	default:
		o.Flags |= FlagService
	}
	if loginPort(class, port) {
		o.Flags |= FlagLogin
	}
	if !group { // nobody answers a broadcast
		o.Flags |= outcomeOf(state, transport, silent, known, sentPackets, receivedPackets, receivedMean)
	}
	if o.Out > 0 {
		o.Flags |= FlagWrite
	}
}

// outcomeOf says how a flow went: by the state where the sensor has one, else
// by what came back. A TCP destination that answers an attempt with one or two
// bare packets refused it.
func outcomeOf(s connState, transport int, silent, known bool, sent, received, receivedMean float64) uint32 {
	if s.column != 0 && s.column != flowStateOther {
		return s.flags
	}
	switch {
	case !known:
		return 0
	case silent:
		return FlagFailed | FlagAnswerless
	case transport == flowTCP && sent <= 3 && received <= 2 && receivedMean <= headerOnly:
		return FlagFailed | FlagDenied
	}
	return FlagSuccess
}

// balance returns (a-b)/(a+b), in eighths; 0 where nothing flowed.
func balance(a, b float64) float32 {
	if !(a >= 0 && b >= 0) {
		return nan32
	}
	if a+b == 0 {
		return 0
	}
	return float32(math.Floor(float64(8*(a-b)/(a+b))+0.5) / 8)
}

// mean returns bytes a packet, NaN where one is unknown or there is no packet.
func mean(bytes, packets float64) float64 {
	if !(packets > 0) {
		return math.NaN()
	}
	return bytes / packets
}

// size returns a number of bytes, 0 where it is unknown.
func size(x float64) float32 {
	if !(x > 0) {
		return 0
	}
	return float32(min(x, mostAmount))
}

// silentPeer reports whether nothing came back, and whether that is known.
func silentPeer(bytes, packets float64) (silent, known bool) {
	switch {
	case packets >= 0:
		return packets == 0, true
	case bytes >= 0:
		return bytes == 0, true
	}
	return false, false
}

// transportOf returns the column of a transport protocol, 0 where it is absent.
func transportOf(t []byte) int {
	switch string(t) {
	case "":
		return 0
	case "tcp", "6":
		return flowTCP
	case "udp", "17":
		return flowUDP
	case "icmp", "icmp6", "ipv6-icmp", "1", "58":
		return flowICMP
	}
	return flowOtherTransport
}

// connState is a group of connection states, and how such a flow went.
type connState struct {
	column int // 0 for none
	flags  uint32
}

// stateOf returns the group of one of Zeek's connection states.
func stateOf(s []byte) connState {
	switch string(s) {
	case "SF", "S1":
		return connState{flowStateNormal, FlagSuccess}
	case "S0":
		return connState{flowStateAttempt, FlagFailed | FlagAnswerless}
	case "REJ":
		return connState{flowStateRefused, FlagFailed | FlagDenied}
	case "RSTO", "RSTR":
		return connState{flowStateAborted, FlagSuccess}
	case "S2", "S3":
		return connState{flowStateHalf, FlagSuccess}
	case "SH", "RSTOS0":
		return connState{flowStateHalf, FlagFailed | FlagAnswerless}
	case "SHR", "RSTRH":
		return connState{flowStateHalf, FlagFailed}
	case "OTH":
		return connState{flowStateOther, 0}
	}
	return connState{}
}

// historyOf reads Zeek's history (upper case is the source's) or Argus's flags
// of both directions, FSPA_FSA: data sent, data answered, reset.
func historyOf(h []byte) (data, answer, reset bool) {
	behind := false // the underscore of Argus
	zeek := true
	for _, c := range h {
		if c == '_' {
			zeek = false
		}
	}
	for _, c := range h {
		switch c {
		case '_':
			behind = true
		case 'D':
			data = data || zeek
		case 'd':
			answer = answer || zeek
		case 'P': // pushed data
			data = data || !zeek && !behind
			answer = answer || !zeek && behind
		case 'R', 'r':
			reset = true
		}
	}
	return data, answer, reset
}

// multicast reports whether an address stands for many hosts: IPv4 224/4 and
// addresses that end in .255, IPv6 ff00::/8.
func multicast(ip []byte) bool {
	if len(ip) >= 4 && (ip[0] == 'f' || ip[0] == 'F') && (ip[1] == 'f' || ip[1] == 'F') {
		for _, c := range ip {
			if c == ':' {
				return true
			}
		}
		return false
	}
	first, i := 0, 0
	for i < len(ip) && i < 3 && ip[i]-'0' < 10 {
		first = first*10 + int(ip[i]-'0')
		i++
	}
	if i == 0 || i == len(ip) || ip[i] != '.' {
		return false
	}
	return first >= 224 && first < 240 || len(ip) > 4 && string(ip[len(ip)-4:]) == ".255"
}
