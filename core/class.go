package core

// Classes that verdicts carry, with the ATT&CK techniques (MITRE ATT&CK
// Enterprise, v15) that they are evidence of. A base learner that speaks for
// one class names it in its Info; the most certain of them names the threat.
// A threat that none of them speaks for is an Anomaly.
const Anomaly = "anomaly"

type classInfo struct {
	technique []string
	// weight shifts the severity: -1 for what is noise on every public server,
	// +1 for what says that somebody got in.
	weight int8
}

// classes is read-only.
var classes = map[string]classInfo{
	"sqli":                   {[]string{"T1190"}, 0},
	"xss":                    {[]string{"T1189"}, 0},
	"traversal":              {[]string{"T1190", "T1083"}, 0},
	"cmdi":                   {[]string{"T1190", "T1059"}, 1},
	"code-injection":         {[]string{"T1190", "T1059"}, 1},
	"file-inclusion":         {[]string{"T1190", "T1105"}, 0},
	"lookup":                 {[]string{"T1190", "T1203"}, 1},
	"xxe":                    {[]string{"T1190"}, 0},
	"ssrf":                   {[]string{"T1190", "T1090"}, 0},
	"crlf":                   {[]string{"T1190"}, 0},
	"webshell":               {[]string{"T1505.003"}, 1},
	"scanner":                {[]string{"T1595"}, -1},
	"credential-stuffing":    {[]string{"T1110.004"}, 0},
	"scan-hosts":             {[]string{"T1018", "T1046"}, -1},
	"scan-ports":             {[]string{"T1046"}, -1},
	"brute-force":            {[]string{"T1110"}, 0},
	"spraying":               {[]string{"T1110.003"}, 0},
	"flooding":               {[]string{"T1498"}, 0},
	"beacon":                 {[]string{"T1071", "T1573"}, 0},
	"worm":                   {[]string{"T1210"}, 1},
	"exfiltration":           {[]string{"T1041"}, 1},
	"dga":                    {[]string{"T1568.002"}, 0},
	"tunnel":                 {[]string{"T1071.004", "T1572"}, 0},
	"fast-flux":              {[]string{"T1568.001"}, 0},
	"success-after-failures": {[]string{"T1110", "T1078"}, 1},
	"privilege-abuse":        {[]string{"T1548.003"}, 0},
	Anomaly:                  {nil, -1},
}

// specialCases names, for a class that is a special case of another, the other:
// where both are spoken for, the special case says more. It is read-only.
var specialCases = map[string]string{
	"spraying":               "brute-force",
	"success-after-failures": "brute-force",
	"worm":                   "scan-hosts",
}

// Techniques returns the ATT&CK techniques of a class, nil for an unknown one.
func Techniques(class string) []string { return classes[class].technique }

// SeverityOf ranks a threat by how rare its score is among normal events, one
// step for each power of ten below one in a thousand, shifted by its class.
func SeverityOf(rate float64, class string) Severity {
	s := int8(SeverityLow)
	for _, limit := range [...]float64{1e-3, 1e-4} {
		if rate <= limit {
			s++
		}
	}
	s += classes[class].weight
	return Severity(min(max(s, int8(SeverityLow)), int8(SeverityCritical)))
}
