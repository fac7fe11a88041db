package input

import "bytes"

// magic is how the first bytes of a file give its form away.
type magic struct {
	offset int
	bytes  string
	what   string // in words
	advice string // how to get at the log inside; empty for forms that are read
}

// The forms that are read.
const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// foreign lists forms that people do hand to a log reader and that are no log:
// a name for what it is helps more than "not text".
var foreign = []magic{
	{0, "PK\x05\x06", "an empty zip archive", "there is nothing in it to read"},
	{0, "PK\x03\x04", "a zip archive", "unpack it first: unzip -p FILE | tiercel scan -"},
	{0, "BZh", "bzip2", "unpack it first: bzip2 -dc FILE | tiercel scan -"},
	{0, "\xfd7zXZ\x00", "xz", "unpack it first: xz -dc FILE | tiercel scan -"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"},
	{0, "\x04\x22\x4d\x18", "lz4", "unpack it first: lz4 -dc FILE | tiercel scan -"},
	{0, "ElfFile\x00", "a Windows event log (EVTX)", "export it as JSON lines first"},
	{0, "\xd4\xc3\xb2\xa1", "a packet capture", "run Zeek or Suricata over it and scan their logs"},
	{0, "\xa1\xb2\xc3\xd4", "a packet capture", "run Zeek or Suricata over it and scan their logs"},
	{0, "\x4d\x3c\xb2\xa1", "a packet capture", "run Zeek or Suricata over it and scan their logs"},
	{0, "\x0a\x0d\x0d\x0a", "a packet capture", "run Zeek or Suricata over it and scan their logs"},
	{0, "LPKSHHRH", "a systemd journal", "export it first: journalctl --file FILE | tiercel scan -"},
	{0, "SQLite format 3\x00", "an SQLite database", "export the table as CSV or JSON lines first"},
	{0, "PAR1", "a Parquet file", "export it as CSV or JSON lines first"},
	{0, "\x7fELF", "a program", "it is not a log"},
	{0, "\xff\xfe", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE | tiercel scan -"},
	{0, "\xfe\xff", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8 FILE | tiercel scan -"},
	{257, "ustar", "a tar archive", "unpack it first: tar -xOf FILE | tiercel scan -"},
}

// foreignForm returns the entry of the table that fits the first bytes, or nil.
func foreignForm(head []byte) *magic {
	for i := range foreign {
		m := &foreign[i]
		if len(head) >= m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.bytes)) {
			return m
		}
	}
	return nil
}

// isZstd reports whether head starts with a zstd frame or with a skippable
// frame (RFC 8878, section 3.1.2: magic 0x184D2A50 to 0x184D2A5F).
func isZstd(head []byte) bool {
	if bytes.HasPrefix(head, []byte(zstdMagic)) {
		return true
	}
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18
}

// tarRecord is what tar writes at least: twenty blocks of 512 bytes.
const tarRecord = 20 * 512

// isEmptyTar reports whether a whole file is a tar archive without members:
// two blocks of zeros, filled up to a record. (A log whose head is zeros is
// something else: logrotate's copytruncate leaves such.)
func isEmptyTar(file []byte) bool {
	return (len(file) == 1024 || len(file) == tarRecord) && len(bytes.TrimLeft(file, "\x00")) == 0
}
