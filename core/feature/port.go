package feature

// portClass is a group of services. A port number itself is never a feature:
// within one network it gives the label away (README of flows-more: 96 %).
type portClass uint8

const (
	portNone portClass = iota // no ports: ICMP and the like, or not logged
	portWeb
	portDNS
	portMail
	portLogin
	portShare
	portDatabase
	portNetwork   // what keeps a network going: time, addresses, discovery, management
	portSystem    // any other below 1024
	portUser      // registered, 1024 to 32767
	portEphemeral // 32768 and above: where clients' own ports begin (Linux; others at 49152)
	numPortClasses
)

// classOfPort returns the class of a destination port. Registered services are
// those of the IANA list and of the well-known defaults of databases.
func classOfPort(port float64) portClass {
	if !(port >= 1 && port < 65536) {
		return portNone
	}
	switch int(port) {
	case 80, 443, 3128, 8000, 8008, 8080, 8081, 8088, 8443, 8888:
		return portWeb
	case 53, 853, 5353, 5355:
		return portDNS
	case 25, 110, 143, 465, 587, 993, 995:
		return portMail
	case 21, 22, 23, 222, 512, 513, 514, 2222, 2323, 3389, 5900, 5901, 5985, 5986:
		return portLogin
	case 111, 135, 137, 138, 139, 445, 548, 873, 2049:
		return portShare
	case 1433, 1434, 1521, 3306, 5432, 5984, 6379, 7000, 7001, 9042, 9200, 9300, 11211, 27017:
		return portDatabase
	case 67, 68, 69, 88, 123, 161, 162, 179, 389, 464, 500, 546, 547, 636, 1812, 1813, 1900, 3268, 3269, 3702, 4500, 5060, 5061:
		return portNetwork
	}
	switch {
	case port < 1024:
		return portSystem
	case port < 32768:
		return portUser
	}
	return portEphemeral
}

// loginPort reports whether passwords are guessed at that port: remote logins,
// mail, shares and databases.
func loginPort(c portClass, port float64) bool {
	switch c {
	case portLogin, portMail:
		return true
	}
	switch int(port) {
	case 139, 445, 389, 636, 1433, 3306, 5432, 6379, 27017:
		return true
	}
	return false
}
