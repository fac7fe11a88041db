package event

import (
	"bytes"
	"io"
	"strconv"
)

// SampleBytes is how much of a file Detect looks at.
const SampleBytes = 64 << 10

// leastSure is what a format must reach to be taken.
const leastSure = 0.3

// Why no format was found. A file that is not text gives an error that is
// ErrBinary (errors.Is) and names what the file is, where its first bytes tell.
const (
	ErrEmpty   = ParseError("empty: no records")
	ErrUnknown = ParseError("no known log format; force one with --format")
)

// binaryError is ErrBinary with a name of what was found.
type binaryError string

func (e binaryError) Error() string   { return string(ErrBinary) + ": " + string(e) }
func (e binaryError) Is(t error) bool { return t == ErrBinary }

// Detect finds the format of a file from its beginning: the first SampleBytes,
// which may end amid a record unless they are all. It says in words for the
// user why it took that format. Options.Kind and Map count as in reading.
func Detect(sample []byte, o Options) (f Format, why string, err error) {
	if len(sample) >= SampleBytes {
		sample = sample[:SampleBytes]
		if n := bytes.LastIndexByte(sample, '\n') + 1; n > 0 {
			sample = sample[:n]
		}
	}
	if isUTF16(sample) {
		return Format{}, "", ErrUTF16
	}
	if what := binaryKind(sample); what != "" {
		return Format{}, "", binaryError(what)
	}
	sample = bytes.TrimPrefix(sample, []byte("\xef\xbb\xbf"))
	sample = bytes.TrimLeft(sample, "\x00")
	if blankText(sample) {
		return Format{}, "", ErrEmpty
	}
	best := 0.0
	for _, candidate := range Formats() {
		if sure, reason := candidate.Match(sample, o); sure > best {
			f, why, best = candidate, reason, sure
		}
	}
	if best < leastSure {
		return Format{}, "", ErrUnknown
	}
	return f, why, nil
}

func blankText(t []byte) bool {
	for _, c := range t {
		if c > ' ' {
			return false
		}
	}
	return true
}

// magics are the first bytes of files that are mistaken for logs.
var magics = [...]struct{ magic, what string }{
	{"\xd4\xc3\xb2\xa1", "pcap capture; read its flows with Zeek or Suricata first"},
	{"\xa1\xb2\xc3\xd4", "pcap capture; read its flows with Zeek or Suricata first"},
	{"\x4d\x3c\xb2\xa1", "pcap capture; read its flows with Zeek or Suricata first"},
	{"\xa1\xb2\x3c\x4d", "pcap capture; read its flows with Zeek or Suricata first"},
	{"\x0a\x0d\x0d\x0a", "pcapng capture; read its flows with Zeek or Suricata first"},
	{"ElfFile\x00", "Windows event log (EVTX); export its events as JSON first"},
	{"LfLe", "Windows event log (EVT); export its events as JSON first"},
	{"LPKSHHRH", "systemd journal; export it with journalctl -o short-iso"},
	{"\x7fELF", "ELF program"},
	{"MZ\x90", "Windows program"},
	{"PK\x03\x04", "zip archive; unpack it first"},
	{"PK\x05\x06", "empty zip archive"},
	{"\x1f\x8b", "gzip inside; unpack it first"},
	{"\x28\xb5\x2f\xfd", "zstd inside; unpack it first"},
	{"BZh", "bzip2 archive; unpack it first"},
	{"\xfd7zXZ\x00", "xz archive; unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "7z archive; unpack it first"},
	{"Rar!\x1a", "rar archive; unpack it first"},
	{"%PDF-", "PDF document"},
	{"SQLite format 3\x00", "SQLite data base"},
	{"PAR1", "Parquet table; export it as CSV or JSON lines first"},
	{"Obj\x01", "Avro container; export it as JSON lines first"},
	{"\x89PNG", "PNG picture"},
	{"\xff\xd8\xff", "JPEG picture"},
	{"GIF8", "GIF picture"},
}

// binaryKind says what a file that is not text is, "" for text. Binary is what
// starts with a known magic, or has more than one control character in twenty.
func binaryKind(t []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(t, []byte(m.magic)) {
			return m.what
		}
	}
	if len(t) > 262 && string(t[257:262]) == "ustar" {
		return "tar archive; unpack it first"
	}
	lead := len(t) - len(bytes.TrimLeft(t, "\x00")) // a truncated log that is still written
	t = t[lead:]
	controls := 0
	for _, c := range t {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\v' && c != '\f' && c != 0x1b && c != 0x1d {
			controls++
		}
	}
	if controls*20 > len(t) || lead > 0 && len(t) == 0 {
		return "unknown kind"
	}
	return ""
}

// tryRecords reads the first records of a sample in a format and returns how
// many could be read, and the reason why most others could not. accept, if not
// nil, must also take a record's text for it to count.
func tryRecords(sample []byte, f Format, o Options, accept func(raw []byte) bool) (ok, total int, reason string) {
	r, err := NewReader(bytes.NewReader(sample), f, o)
	if err != nil {
		return 0, 0, err.Error()
	}
	var b Batch
	for total < sampleLines {
		if err := r.Next(&b); err != nil {
			if err != io.EOF {
				reason = err.Error()
			}
			return ok, total, reason
		}
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			last := i == len(b.Events)-1 && int(e.Raw.Off+e.Raw.Len) == b.Records
			if last && e.Err == ErrJSON && total > 0 {
				break // the sample was cut there
			}
			if total++; e.Err == nil && (accept == nil || accept(b.Bytes(e.Raw))) {
				ok++
			} else if e.Err != nil && reason == "" {
				reason = e.Err.Error()
			}
			if total == sampleLines {
				break
			}
		}
	}
	return ok, total, reason
}

// matchObjects is Match of a format of JSON objects: the share of the first
// records that are its own, with the share that makes events.
func matchObjects(sample []byte, f Format, o Options, what string, own func(raw []byte) bool) (sure float64, why string) {
	t := bytes.TrimLeft(sample, " \t\r\n")
	if len(t) == 0 || t[0] != '{' && t[0] != '[' {
		return 0, ""
	}
	r, err := NewReader(bytes.NewReader(sample), f, o)
	if err != nil {
		return 0, ""
	}
	var b Batch
	mine, read, total, reason := 0, 0, 0, ""
	for total < sampleLines && r.Next(&b) == nil {
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			raw := b.Bytes(e.Raw)
			if total == sampleLines || total > 0 && int(e.Raw.Off+e.Raw.Len) == b.Records && e.Err == ErrJSON {
				break
			}
			total++
			switch {
			case !own(raw):
			case e.Err == nil:
				mine++
				read++
			default:
				mine++
				if reason == "" {
					reason = e.Err.Error()
				}
			}
		}
	}
	if mine == 0 {
		return 0, ""
	}
	why = strconv.Itoa(mine) + " of " + strconv.Itoa(total) + " records are " + what
	if read < mine {
		why += ", " + strconv.Itoa(mine-read) + " of them not read (" + reason + ")"
	}
	return float64(mine) / float64(total), why
}
