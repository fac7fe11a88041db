package event

import "testing"

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name, line, want string
		err              error
	}{
		{"plain", "www.example.com", "www.example.com", nil},
		{"blanks and dot", "\t www.example.com. \r", "www.example.com", nil},
		{"comment behind", "www.example.com # popular", "www.example.com", nil},
		{"one label", "localhost", "localhost", nil},
		{"root", ".", ".", nil},
		{"not ASCII", "bücher.example", "bücher.example", nil},
		{"odd bytes of a tunnel", "a+b=.t.example", "a+b=.t.example", nil},
		{"comment", "# names", "", ErrSkip},
		{"blank", "   ", "", ErrSkip},
		{"two words", "0.0.0.0 www.example.com", "", errName},
		{"CSV", "1,www.example.com", "", errName},
		{"URL", "http://www.example.com/", "", errName},
		{"too long", string(make([]byte, 3000)), "", errName},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, e, err := parseLine(t, nameList{}, c.line)
			if err != c.err || string(b.Text(e, QuestionName)) != c.want {
				t.Fatalf("%q, %v; want %q, %v", b.Text(e, QuestionName), err, c.want, c.err)
			}
			if err == nil && (e.Kind != DNS || e.Time != NoTime) {
				t.Errorf("kind %v, time %d", e.Kind, e.Time)
			}
		})
	}
}

func TestNamesMatch(t *testing.T) {
	f := namesFormat()
	for _, c := range []struct {
		name, sample string
		sure         float64
		why          string
	}{
		{"names", "# list\nwww.example.com\nexample.net.\n", 0.9, "2 of 2 lines are single domain names"},
		{"addresses", "192.0.2.1\n192.0.2.2\n", 0, ""},
		{"words", "hello\nworld\n", 0, ""},
		{"access log", combinedLine, 0, ""},
		{"syslog", syslogFormat().Example, 0, ""},
		{"versions and files", "1.2.3\na..b\n.com\nx.y z\n", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if sure, why := f.Match([]byte(c.sample), Options{}); sure != c.sure || why != c.why {
				t.Errorf("%v %q, want %v %q", sure, why, c.sure, c.why)
			}
		})
	}
}

func FuzzNames(f *testing.F) {
	f.Add("www.example.com. # x")
	f.Add(" \t.\r")
	f.Fuzz(func(t *testing.T, line string) {
		fuzzLine(t, nameList{}, line)
		matchNames([]byte(line), Options{})
	})
}
