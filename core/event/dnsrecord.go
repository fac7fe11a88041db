package event

import (
	"bytes"
	"math"
)

// dnsTypes are the names of the resource record types that queries ask for (IANA).
var dnsTypes = [256]string{
	1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 24: "SIG", 25: "KEY", 28: "AAAA",
	29: "LOC", 32: "NB", 33: "SRV", 35: "NAPTR", 37: "CERT", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP", 46: "RRSIG", 47: "NSEC",
	48: "DNSKEY", 50: "NSEC3", 52: "TLSA", 64: "SVCB", 65: "HTTPS", 99: "SPF", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY",
}

// dnsCodes are the names of the response codes (IANA).
var dnsCodes = [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"}

// dns settles the fields of a DNS query.
func (r *record) dns() {
	e := r.e
	r.protocol()
	if e.Text[QuestionName].Len == 0 {
		switch {
		case r.has(xQuery):
			e.Text[QuestionName] = r.extra[xQuery-extraSlot]
		case r.has(xDomain):
			e.Text[QuestionName] = r.extra[xDomain-extraSlot]
		case r.has(xHost):
			e.Text[QuestionName] = r.extra[xHost-extraSlot]
		}
	}
	r.name(QuestionType, dnsTypes[:])
	r.name(ResponseCode, dnsCodes[:])
	if e.Text[Answers].Len == 0 && r.has(xGrouped) {
		e.Text[Answers] = r.extra[xGrouped-extraSlot]
	}
	answers := r.b.Text(e, Answers)
	if len(answers) == 0 || !math.IsNaN(e.Num[AnswerCount]) {
		return
	}
	if len(answers) <= 3 && digits(answers) { // a count, not an address
		e.Num[AnswerCount], _ = parseNumber(answers)
		e.Text[Answers] = Span{}
		return
	}
	e.Num[AnswerCount] = float64(bytes.Count(answers, []byte{','}) + bytes.Count(answers, []byte{';'}) + bytes.Count(answers, []byte{'|'}) + 1)
}

// name replaces a number by its name, if it has one.
func (r *record) name(f TextField, names []string) {
	t := r.b.Text(r.e, f)
	if len(t) == 0 || len(t) > 3 || !digits(t) {
		return
	}
	v := 0
	for _, c := range t {
		v = v*10 + int(c-'0')
	}
	if v < len(names) && names[v] != "" {
		r.constant(f, names[v])
	}
}
