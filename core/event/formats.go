package event

// Formats returns all formats, the more specific before the more general. The
// slice is the caller's.
func Formats() []Format {
	return []Format{
		zeekFormat(),
		eveFormat(),
		zeekJSONFormat(),
		iisFormat(),
		elbFormat(),
		vhostFormat(),
		combinedFormat(),
		commonFormat(),
		nginxErrorFormat(),
		apacheErrorFormat(),
		syslogFormat(),
		jsonFormat(),
		csvFormat(),
		namesFormat(),
	}
}

// FormatByName returns the format of that name, as --format takes it.
func FormatByName(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
