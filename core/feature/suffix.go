package feature

// domain is a name cut into what was registered and what stands before it:
//
//	www.mail.example.co.uk   sub "www.mail", label "example", suffix "co.uk"
//
// Offsets index the name. A name that is nothing but a suffix, and a single
// label, have an empty suffix and sub.
type domain struct{ subEnd, label, labelEnd int }

// sub returns the part before the registered label, without the dot.
func (d domain) sub(name []byte) []byte { return name[:d.subEnd] }

// registered returns the registered label: what somebody chose and paid for.
func (d domain) registered(name []byte) []byte { return name[d.label:d.labelEnd] }

// cut splits a name, lower-cased and without the final dot.
//
// The suffix is the last label, or the last two where the registry of a
// country sells below a generic second level (co.uk, com.br) or where anybody
// may take a name of a provider of dynamic addresses (duckdns.org). That is
// the rule behind most of the Public Suffix List's 9,000 lines for the price of
// some thirty words; what it misses makes one label of the suffix look
// registered, no more.
func cut(name []byte) domain {
	last := lastDot(name, len(name))
	if last < 0 {
		return domain{0, 0, len(name)}
	}
	end := last
	if second := lastDot(name, last); second >= 0 {
		sld, tld := name[second+1:last], name[last+1:]
		if len(tld) == 2 && countrySecond(sld) || dynamicSuffix(name[second+1:]) {
			end = second
		}
	}
	dot := lastDot(name, end)
	return domain{max(dot, 0), dot + 1, end}
}

// lastDot returns the position of the last dot before end, or -1.
func lastDot(name []byte, end int) int {
	for i := end - 1; i >= 0; i-- {
		if name[i] == '.' {
			return i
		}
	}
	return -1
}

// countrySecond reports whether a country's registry sells below that label.
func countrySecond(l []byte) bool {
	switch string(l) {
	case "ac", "co", "com", "ed", "edu", "gob", "gov", "gouv", "go", "gr", "ltd", "me", "mil", "ne", "net",
		"nom", "or", "org", "plc", "police", "sch", "web", "asn", "id", "govt", "school", "gen", "nhs", "firm", "ind", "blog", "k12":
		return true
	}
	return false
}

// dynamicSuffix reports whether names below are given to anybody.
func dynamicSuffix(s []byte) bool {
	switch string(s) {
	case "duckdns.org", "ddns.net", "dyndns.org", "dyndns.com", "no-ip.com", "no-ip.org", "no-ip.biz", "no-ip.info",
		"hopto.org", "zapto.org", "sytes.net", "myftp.org", "myftp.biz", "serveftp.com", "servebeer.com", "redirectme.net",
		"dynu.net", "freeddns.org", "mooo.com", "chickenkiller.com", "afraid.org", "3322.org", "8866.org", "dnsalias.com",
		"blogspot.com", "github.io", "herokuapp.com", "tk.ml", "eu.org":
		return true
	}
	return false
}

// special is a use of DNS that looks strange and is ordinary.
type special uint8

const (
	ordinary  special = iota
	reverse           // in-addr.arpa, ip6.arpa
	local             // names of one network: .local, .lan, .internal, Active Directory's _msdcs
	discovery         // _ldap._tcp.example.com and other labels with an underscore in front
	single            // a single label: NetBIOS, a search list's leftover, a browser's probe
	blocklist         // an address or digest asked for below a list: 4.3.2.1.zen.example.org
	shared            // content delivery, telemetry and look-up services that make names by machine
)

// specialOf classifies a name, lower-cased and without the final dot.
func specialOf(name []byte, d domain) special {
	switch {
	case hasSuffix(name, "in-addr.arpa"), hasSuffix(name, "ip6.arpa"):
		return reverse
	case underscored(name):
		return discovery
	case lastDot(name, len(name)) < 0:
		return single
	}
	switch string(name[lastDot(name, len(name))+1:]) {
	case "local", "lan", "home", "internal", "intranet", "corp", "localdomain", "localhost", "domain", "private", "arpa", "test", "invalid", "workgroup":
		return local
	}
	if reversedAddress(name) {
		return blocklist
	}
	if sharedDomain(name[lastDot(name, lastDot(name, len(name)))+1:]) {
		return shared
	}
	return ordinary
}

// sharedDomain reports whether a domain is one under which large operators make
// names by machine for everybody: long, random and many, and none of them anybody
// else's to answer for. Collected from query logs of ordinary offices. Each has
// two labels.
func sharedDomain(domain []byte) bool {
	switch string(domain) {
	case "akadns.net", "akamai.net", "akamaiedge.net", "akamaihd.net", "akamaized.net", "edgekey.net", "edgesuite.net", "akam.net",
		"cloudfront.net", "amazonaws.com", "awsdns.com", "azureedge.net", "azurefd.net", "trafficmanager.net", "cloudapp.net", "windows.net", "msedge.net", "windowsupdate.com", "microsoft.com",
		"1e100.net", "googlevideo.com", "googleusercontent.com", "gstatic.com", "googlesyndication.com", "doubleclick.net", "gvt1.com", "gvt2.com", "google.com",
		"fbcdn.net", "facebook.com", "apple.com", "aaplimg.com", "apple-dns.net", "icloud.com", "fastly.net", "fastlylb.net", "llnwd.net", "footprint.net", "cdn77.org", "edgecastcdn.net", "cloudflare.net", "cloudflare.com",
		"sophosxl.net", "mcafee.com", "trendmicro.com", "kaspersky.com", "avast.com", "avcdn.net", "symantec.com", "f-secure.com", "e5.sk", "spotify.com", "nflxvideo.net", "dropbox.com", "pphosted.com":
		return true
	}
	return false
}

// hasSuffix reports whether a name is that suffix or ends in a dot and it.
func hasSuffix(name []byte, suffix string) bool {
	n := len(name) - len(suffix)
	return n >= 0 && string(name[n:]) == suffix && (n == 0 || name[n-1] == '.')
}

// underscored reports whether a label of the name begins with an underscore.
func underscored(name []byte) bool {
	for i, c := range name {
		if c == '_' && (i == 0 || name[i-1] == '.') {
			return true
		}
	}
	return false
}

// reversedAddress reports whether the name begins with the four numbers of an
// IPv4 address or the 32 digits of an IPv6 address, each a label, and goes on.
func reversedAddress(name []byte) bool {
	numbers, digits, start := 0, 0, 0
	for i, c := range name {
		if c != '.' {
			continue
		}
		label := name[start:i]
		start = i + 1
		n, number := 0, len(label) > 0 && len(label) <= 3
		for _, c := range label {
			if c-'0' >= 10 {
				number = false
			}
			n = n*10 + int(c-'0')
		}
		switch {
		case len(label) == 1 && (label[0]-'0' < 10 || label[0]-'a' < 6):
			digits++
		default:
			digits = -1 << 16
		}
		if number && n < 256 {
			numbers++
		} else {
			numbers = -1 << 16
		}
		if numbers == 4 || digits == 32 {
			return true
		}
		if numbers < 0 && digits < 0 {
			return false
		}
	}
	return false
}
