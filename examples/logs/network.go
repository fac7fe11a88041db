package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

const connHead = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n" +
	"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tcount\tstring\tcount\tcount\tcount\tcount\n"

// conn is an office network's Zeek connection log.
func conn() log {
	return log{
		name: "conn.log", head: connHead,
		normal: func(w *world) entry {
			host := fmt.Sprintf("10.1.0.%d", 10+w.IntN(60))
			switch n := w.IntN(20); {
			case n < 9:
				in := math.Exp(7 + 2.5*w.Float64()*1.5)
				return flow(w, w.moment(), host, fmt.Sprintf("198.51.100.%d", w.IntN(250)), 443, "tcp", "ssl", w.Float64()*40, 600+w.IntN(3000), int(in), "SF")
			case n < 14:
				return flow(w, w.moment(), host, "10.1.0.1", 53, "udp", "dns", w.Float64()/20, 30+w.IntN(20), 60+w.IntN(200), "SF")
			case n < 16:
				return flow(w, w.moment(), host, "10.1.0.4", 445, "tcp", "smb", w.Float64()*200, 4000+w.IntN(20000), 9000+w.IntN(90000), "SF")
			case n < 18:
				return flow(w, w.moment(), host, fmt.Sprintf("192.0.2.%d", w.IntN(250)), 80, "tcp", "http", w.Float64()*3, 300+w.IntN(400), 1000+w.IntN(30000), "SF")
			case n < 19:
				return flow(w, w.moment(), host, "10.1.0.1", 123, "udp", "ntp", 0.02, 48, 48, "SF")
			}
			return flow(w, w.moment(), host, fmt.Sprintf("198.51.100.%d", w.IntN(250)), 443, "tcp", "-", 0, 0, 0, "S0")
		},
		attacks: []attack{
			{"scan-ports", func(w *world, from time.Time) (out []entry) {
				for i, at := range w.every(from, 300, 60*time.Millisecond, 0.5) {
					out = append(out, flow(w, at, "10.1.0.66", "10.1.0.4", 1+i*7, "tcp", "-", 0, 0, 0, pick(w, []string{"REJ", "S0", "REJ"})))
				}
				return out
			}},
			{"scan-hosts", func(w *world, from time.Time) (out []entry) {
				for i, at := range w.every(from, 220, 80*time.Millisecond, 0.5) {
					out = append(out, flow(w, at, "10.1.0.67", fmt.Sprintf("10.2.%d.%d", i/200, 1+i%200), 445, "tcp", "-", 0, 0, 0, pick(w, []string{"S0", "S0", "REJ"})))
				}
				return out
			}},
			{"brute-force", func(w *world, from time.Time) (out []entry) {
				for _, at := range w.every(from, 150, 1200*time.Millisecond, 0.3) {
					out = append(out, flow(w, at, "203.0.113.40", "10.1.0.9", 22, "tcp", "ssh", 1.5+w.Float64(), 1400+w.IntN(200), 1900+w.IntN(200), "SF"))
				}
				return out
			}},
			{"beacon", func(w *world, from time.Time) (out []entry) {
				for _, at := range w.every(start.Add(20*time.Minute), 110, 5*time.Minute, 0.02) {
					out = append(out, flow(w, at, "10.1.0.23", "203.0.113.200", 8443, "tcp", "-", 0.4+w.Float64()/10, 420+w.IntN(12), 310+w.IntN(12), "SF"))
				}
				return out
			}},
			{"exfiltration", func(w *world, from time.Time) (out []entry) {
				for _, at := range w.every(from, 4, 3*time.Minute, 0.3) {
					out = append(out, flow(w, at, "10.1.0.31", "203.0.113.150", 443, "tcp", "ssl", 150, 600_000_000+w.IntN(9_000_000), 40_000, "SF"))
				}
				return out
			}},
		},
	}
}

func flow(w *world, at time.Time, src, dst string, port int, proto, service string, seconds float64, out, in int, state string) entry {
	outPackets, inPackets := 1+out/900, 1+in/1200
	duration, outText, inText := fmt.Sprintf("%.6f", seconds), fmt.Sprint(out), fmt.Sprint(in)
	history := "ShADadFf"
	switch state {
	case "S0":
		history, inPackets, duration, outText, inText = "S", 0, "-", "-", "-"
	case "REJ":
		history, outText, inText = "Sr", "0", "0"
	}
	if proto == "udp" {
		history = "Dd"
	}
	inHeader := 0
	if inPackets > 0 {
		inHeader = in + 40*inPackets
	}
	return entry{at: at, text: fmt.Sprintf("%d.%06d\tC%x\t%s\t%d\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t0\t%s\t%d\t%d\t%d\t%d",
		at.Unix(), at.Nanosecond()/1000, w.Uint64(), src, 32768+w.IntN(28000), dst, port, proto, service, duration, outText, inText, state, history,
		outPackets, out+40*outPackets, inPackets, inHeader)}
}

const dnsHead = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n" +
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\tquery\tqclass\tqclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers\tTTLs\trejected\n" +
	"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tcount\tstring\tcount\tstring\tcount\tstring\tcount\tstring\tbool\tbool\tbool\tbool\tcount\tvector[string]\tvector[interval]\tbool\n"

var names = []string{"www.wikipedia.org", "mail.example.com", "cdn.shop.example", "api.weather.example", "fonts.gstatic.com", "login.microsoftonline.com", "time.cloudflare.com", "github.com", "static.xx.fbcdn.net", "www.bbc.co.uk", "e1329.dscg.akamaiedge.net", "d36cz9buwru1tt.cloudfront.net", "outlook.office365.com", "registry.npmjs.org", "proxy.golang.org", "deb.debian.org", "news.ycombinator.com", "i.ytimg.com", "p16-sign.tiktokcdn.com", "ocsp.digicert.com", "printer.local", "4.0.1.10.in-addr.arpa", "_ldap._tcp.office.example", "wpad.office.example", "intranet.office.example"}

// dns is the same network's Zeek log of names.
func dns() log {
	const alphabet = "abcdefghijklmnopqrstuvwxyz"
	const base32 = "abcdefghijklmnopqrstuvwxyz234567"
	random := func(w *world, of string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = of[w.IntN(len(of))]
		}
		return string(b)
	}
	return log{
		name: "dns.log", head: dnsHead,
		normal: func(w *world) entry {
			kind, code := "A", "NOERROR"
			if w.IntN(6) == 0 {
				kind = "AAAA"
			}
			if w.IntN(50) == 0 {
				code = "NXDOMAIN"
			}
			return query(w, w.moment(), fmt.Sprintf("10.1.0.%d", 10+w.IntN(60)), pick(w, names), kind, code)
		},
		attacks: []attack{
			{"dga", func(w *world, from time.Time) (out []entry) {
				for _, at := range w.every(from, 90, 2*time.Second, 0.5) {
					out = append(out, query(w, at, "10.1.0.23", random(w, alphabet, 12+w.IntN(8))+pick(w, []string{".com", ".net", ".info", ".biz", ".ru"}), "A", "NXDOMAIN"))
				}
				return out
			}},
			{"tunnel", func(w *world, from time.Time) (out []entry) {
				for _, at := range w.every(from, 160, 800*time.Millisecond, 0.5) {
					out = append(out, query(w, at, "10.1.0.45", random(w, base32, 52)+"."+random(w, base32, 40)+".t.badrelay.example", pick(w, []string{"TXT", "CNAME"}), "NOERROR"))
				}
				return out
			}},
		},
	}
}

func query(w *world, at time.Time, src, name, kind, code string) entry {
	sum := fnv.New32()
	sum.Write([]byte(name))
	// A name has four addresses, in turn.
	answer, rcode := fmt.Sprintf("198.51.100.%d\t%d.000000", sum.Sum32()%60*4+uint32(w.IntN(4)), 20+w.IntN(3000)), 0
	if code == "NXDOMAIN" {
		answer, rcode = "-\t-", 3
	}
	types := map[string]int{"A": 1, "AAAA": 28, "TXT": 16, "CNAME": 5}
	return entry{at: at, text: fmt.Sprintf("%d.%06d\tC%x\t%s\t%d\t10.1.0.1\t53\tudp\t%d\t%s\t1\tC_INTERNET\t%d\t%s\t%d\t%s\tF\tF\tT\tT\t0\t%s\tF",
		at.Unix(), at.Nanosecond()/1000, w.Uint64(), src, 32768+w.IntN(28000), w.IntN(65536), name, types[kind], kind, rcode, code, answer)}
}
