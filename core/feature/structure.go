package feature

// check is what the context of a pattern must look like for it to count.
type check uint8

const (
	always       check = iota
	asWord             // no letter, digit or underscore on either side
	asPrefix           // none before it
	asStart            // at the start of the value
	asCall             // as a word, an opening parenthesis behind it
	asSentence         // as a word, after a blank, a quote or a bracket, a blank behind it
	asShell            // a shell metacharacter with a command behind it
	asArgument         // a command word at the start of the value, an option or path behind it
	asSubshell         // $( with a word in it, ` with a word and a closing one
	asTag              // < that opens a tag
	asHandler          // on... = as an attribute of a tag
	asUnion            // union ... select
	asSelect           // select ... from, or of a call or a list
	asTautology        // and, or: followed by a comparison of constants
	asBreakout         // a quote followed by what goes on in SQL
	asComment          // a comment that swallows the rest of a statement
	asStacked          // ; followed by a SQL verb
	asDotDot           // ../ : the more in a row the stronger
	asTemplate         // {{ }} ${ } #{ } <%= %> with an expression in it
	asHeaderLine       // a header's name at the start of a line
	asRemote           // the address of a script or text at the start of the value
	asEnd              // at the end of the value
	asScript           // the path goes on to a script
)

// beginsWord reports whether a pattern with this check stands at the start of a
// word only.
func (c check) beginsWord() bool {
	switch c {
	case asWord, asPrefix, asStart, asCall, asSentence, asArgument, asHandler, asUnion, asSelect, asTautology:
		return true
	}
	return false
}

// maxLook bounds how far a check looks to either side: hostile text makes
// checks frequent, not long.
const maxLook = 96

// name returns what explanations print.
func (p *marker) name() string {
	switch p.check {
	case asTag:
		return "tag"
	case asHandler:
		return "event handler"
	case asTautology:
		return "tautology " + p.text
	case asBreakout:
		return "quote breakout"
	case asComment:
		return "statement comment " + p.text
	case asStacked:
		return "stacked statement"
	case asUnion:
		return "union select"
	case asSelect:
		return "select from"
	case asTemplate:
		return "template expression " + p.text
	case asSubshell:
		return "subshell " + p.text
	}
	return p.text
}

// holds returns the strength of the pattern that ends at text[:end], 0 when
// its context is not what the pattern asks for.
func (p *marker) holds(text []byte, end int, origin Origin) uint8 {
	start := end - len(p.text)
	ok := false
	switch p.check {
	case always:
		ok = true
	case asWord:
		ok = wordEnds(text, end)
	case asPrefix:
		ok = true
	case asStart:
		ok = start == 0
	case asEnd:
		ok = end == len(text)
	case asScript:
		ok = leadsToScript(text, end)
	case asCall:
		ok = byteAt(text, skipSpace(text, end)) == '('
	case asSentence:
		ok = end < len(text) && lexClass[text[end]] == lexBlanks
	case asShell:
		ok = (start > 0 || text[0] != '\n') && runsCommand(text, end)
	case asArgument:
		ok = skipBack(text, start) == 0 && commandArgument(text, end)
	case asSubshell:
		ok = subshell(text, start, end)
	case asTag:
		return tag(text, end, p.strength)
	case asHandler:
		return handler(text, start, end, p.strength)
	case asUnion:
		ok = wordAt(text, skipWord(text, skipWord(text, skipOpen(text, end), "all"), "distinct"), "select")
	case asSelect:
		ok = wordEnds(text, end) && selects(text, end)
	case asTautology:
		return tautology(text, start, end, p.strength)
	case asBreakout:
		return breakout(text, start, end, p.strength)
	case asComment:
		ok = comment(text, start, end)
	case asStacked:
		ok = stacked(text, end)
	case asDotDot:
		return dotDot(text, start, end, origin)
	case asTemplate:
		return template(text, start, end, p.strength)
	case asHeaderLine:
		ok = lineStarts(text, start)
	case asRemote:
		ok = start == 0 && remoteScript(text)
	}
	if ok {
		return p.strength
	}
	return 0
}

func isWordByte(c byte) bool { return isAlnum(c) || c == '_' }

// wordStarts and wordEnds report whether no word goes on across position i.
// Bytes beyond ASCII are letters of other scripts: they end a word too, since
// attacks use them as blanks.
func wordStarts(text []byte, i int) bool { return i == 0 || !isWordByte(text[i-1]) }
func wordEnds(text []byte, i int) bool   { return i == len(text) || !isWordByte(text[i]) }

// byteAt returns text[i], 0 beyond the end.
func byteAt(text []byte, i int) byte {
	if uint(i) < uint(len(text)) {
		return text[i]
	}
	return 0
}

func isSpace(c byte) bool { return lexClass[c] == lexBlanks || c == 0 || c == 0xa0 }

// skipSpace returns the first position from i on that is neither blank nor
// inside a /* comment */: what SQL reads as a blank.
func skipSpace(text []byte, i int) int {
	limit := min(len(text), i+maxLook)
	for i < limit {
		switch c := text[i]; {
		case isSpace(c) || c == '+':
			i++
		case c == '#' || c == '-' && byteAt(text, i+1) == '-': // a comment up to the line's end
			j := i + 1
			for j < limit && text[j] != '\n' && text[j] != '\r' {
				j++
			}
			if j == limit {
				return i
			}
			i = j
		case c == '/' && byteAt(text, i+1) == '*':
			j := i + 2
			for j < limit && !(text[j] == '*' && byteAt(text, j+1) == '/') {
				j++
			}
			if byteAt(text, i+2) == '!' { // MySQL runs what stands in /*! */
				i += 3
				for i < limit && text[i]-'0' < 10 {
					i++
				}
				continue
			}
			i = min(j+2, len(text))
		case c == '*' && byteAt(text, i+1) == '/':
			i += 2
		default:
			return i
		}
	}
	return min(i, len(text))
}

// skipBack returns the position behind the last byte before i that is no blank.
func skipBack(text []byte, i int) int {
	for limit := max(0, i-maxLook); i > limit && (isSpace(text[i-1]) || text[i-1] == '+'); i-- {
	}
	return i
}

// skipOpen skips blanks and opening parentheses.
func skipOpen(text []byte, i int) int {
	for limit := min(len(text), i+maxLook); i < limit; i++ {
		if i = skipSpace(text, i); byteAt(text, i) != '(' {
			return i
		}
	}
	return i
}

// skipWord skips the word and what skipOpen skips, if it stands at i.
func skipWord(text []byte, i int, word string) int {
	if wordAt(text, i, word) {
		return skipOpen(text, i+len(word))
	}
	return i
}

// wordAt reports whether the word stands at i and ends there.
func wordAt(text []byte, i int, word string) bool {
	return i+len(word) <= len(text) && string(text[i:i+len(word)]) == word && wordEnds(text, i+len(word))
}

// maxCommandWord is the longest of the commands.
const maxCommandWord = 12

// runsCommand reports whether a command stands at i, perhaps behind blanks and
// the path of its directory, as a word of its own. Quotes and backslashes
// inside it (c'a't) are skipped as shells do.
func runsCommand(text []byte, i int) bool {
	limit := min(len(text), i+maxLook)
	for i < limit && (isSpace(text[i]) || text[i] == '+' || text[i] == '(' || text[i] == '|' || text[i] == '&' || text[i] == '$') {
		i++
	}
	var word [maxCommandWord]byte
	n := 0
	for ; i < limit; i++ {
		switch c := text[i]; {
		case isWordByte(c):
			if n == len(word) {
				return false
			}
			word[n] = c
			n++
		case c == '/':
			n = 0 // that was a directory
		case c == '\'' || c == '"' || c == '\\':
		case c == '.' && n == 0 && byteAt(text, i+1) == '/': // ./command
		default:
			return isCommand(word[:n], text, i)
		}
	}
	return i == len(text) && isCommand(word[:n], text, i)
}

// isCommand reports whether word is a command that attacks run. next is what
// follows it, text[i:] from there on: words of every day need an argument that
// text does not have.
func isCommand(word, text []byte, i int) bool {
	next := byteAt(text, i)
	switch string(word) {
	case "cat", "ls", "id", "uname", "whoami", "wget", "curl", "ping", "ncat", "bash", "sh", "sleep", "echo", "rm", "chmod", "python", "python2", "python3", "perl", "php",
		"ruby", "nslookup", "dig", "dir", "netstat", "ifconfig", "ipconfig", "ps", "kill", "touch", "mkdir", "powershell", "pwsh", "cmd", "certutil", "busybox", "tftp", "env",
		"printenv", "pwd", "grep", "awk", "sed", "tail", "systeminfo", "tasklist", "getent", "crontab", "telnet", "nohup", "phpinfo", "reboot", "shutdown", "sudo", "netsh",
		"xterm", "mkfifo", "base64", "exec", "eval", "timeout", "traceroute", "arp", "lsof", "killall", "insmod", "iptables", "bitsadmin", "mshta", "rundll32":
		return next != '=' && next != '-'
	case "nc", "nl", "ftp", "ssh", "vi", "tac", "su", "mv", "cp", "dd", "ss":
		return next == 0 || isSpace(next) || next == ';' || next == '|' || next == '&' || next == '`' || next == ')' || next == '$' || next == '+' || next == '>' || next == '<'
	case "cd", "type", "net", "find", "head", "more", "less", "set", "ver", "reg", "copy", "del", "which", "host", "export", "who", "date", "start", "w", "mail", "time", "ip":
		return commandArgument(text, i)
	}
	return false
}

// commandArgument reports whether an option, a path or a variable follows.
func commandArgument(text []byte, i int) bool {
	if hasPrefixAt(text, i, ".exe") {
		i += len(".exe")
	}
	if i >= len(text) || !isSpace(text[i]) && text[i] != '+' && text[i] != '$' {
		return false
	}
	if text[i] == '$' {
		return hasPrefixAt(text, i, "${ifs}") || hasPrefixAt(text, i, "$ifs")
	}
	i = skipSpace(text, i)
	switch byteAt(text, i) {
	case '/', '-', '$', '.', '\\', '|', '>':
		return true
	}
	return hasPrefixAt(text, i, "http") || hasPrefixAt(text, i, "c:")
}

func hasPrefixAt(text []byte, i int, prefix string) bool {
	return i+len(prefix) <= len(text) && string(text[i:i+len(prefix)]) == prefix
}

// subshell reads $(word ...) and `word ...`.
func subshell(text []byte, start, end int) bool {
	i := end
	limit := min(len(text), i+maxLook)
	for i < limit && isWordByte(text[i]) {
		i++
	}
	if i == end {
		return byteAt(text, end) == '(' && text[start] == '$' // $(( ))
	}
	closing := byte(')')
	if text[start] == '`' {
		closing = '`'
	}
	for ; i < limit; i++ {
		if text[i] == closing {
			return true
		}
	}
	return false
}

// tag reads what follows <: a letter (or /letter, !letter, ?letter) and then
// something that ends a tag's name. A tag with blanks or a slash before its
// first attribute is stronger than the bare name.
func tag(text []byte, i int, strength uint8) uint8 {
	if c := byteAt(text, i); c == '/' || c == '!' || c == '?' || c == '%' {
		i++
	}
	start := i
	for i < len(text) && i-start < maxLook && (isAlnum(text[i]) || text[i] == '-' || text[i] == ':') {
		i++
	}
	if i == start || text[start]-'0' < 10 {
		return 0
	}
	switch c := byteAt(text, i); {
	case c == '>':
		return strength
	case isSpace(c) || c == '/':
		for j := i; j < len(text) && j-i < maxLook; j++ {
			if text[j] == '=' || text[j] == '>' {
				return strength + weak
			}
		}
		return weak
	}
	return 0
}

// handler reads on<letters> = behind a quote, a slash or a blank: an event
// handler, strong when a tag or a quote is open before it.
func handler(text []byte, start, end int, strength uint8) uint8 {
	i := end
	for i < len(text) && i-end < 24 && text[i]-'a' < 26 {
		i++
	}
	if i-end < 3 {
		return 0
	}
	if i = skipSpace(text, i); byteAt(text, i) != '=' {
		return 0
	}
	for j := start - 1; j >= 0 && start-j < maxLook; j-- {
		if text[j] == '<' || text[j] == '"' || text[j] == '\'' || text[j] == '`' {
			return strong
		}
	}
	return strength
}

// dotDot counts ../ in a row from the one at [start,end).
func dotDot(text []byte, start, end int, origin Origin) uint8 {
	if start > 0 && text[start-1] == '.' && byteAt(text, start-2) != '.' {
		return 0 // an ellipsis of three; of four it is the ....// that outlives a naive filter
	}
	n := 1
	for i := end; n < 3 && i-end < maxLook; n++ {
		for byteAt(text, i) == '/' || byteAt(text, i) == '\\' {
			i++
		}
		if byteAt(text, i) != '.' || byteAt(text, i+1) != '.' {
			break
		}
		for byteAt(text, i) == '.' {
			i++
		}
		if c := byteAt(text, i); c != '/' && c != '\\' {
			break
		}
	}
	switch {
	case n > 2:
		return strong + medium
	case n > 1 || origin == FromPath: // browsers resolve dots before they ask
		return strong
	}
	return medium
}

// template reads an expression between the opening at [start,end) and its
// closing: strong when it computes or calls something.
func template(text []byte, start, end int, strength uint8) uint8 {
	closing := byte('}')
	if text[start] == '<' {
		closing = '>'
	}
	operators, digits, letters := 0, 0, 0
	for i := end; i < len(text) && i-end < maxLook; i++ {
		switch c := text[i]; {
		case c == closing:
			switch {
			case digits > 0 && operators > 0 && letters == 0:
				return strong + medium // {{7*7}}
			case operators > 0 && letters > 0:
				return strength + medium
			case letters > 0:
				return weak
			}
			return 0
		case c-'0' < 10:
			digits++
		case isAlnum(c):
			letters++
		case c == '*' || c == '(' || c == '[' || c == '+' || c == '|' || c == '@' || c == '.' || c == '_' && byteAt(text, i+1) == '_':
			operators++
		}
	}
	return 0
}

// lineStarts reports whether a line break stands before i, with at most blanks
// between, and something before that.
func lineStarts(text []byte, i int) bool {
	for limit := max(0, i-8); i > limit && isSpace(text[i-1]); i-- {
		if text[i-1] == '\n' || text[i-1] == '\r' {
			return true
		}
	}
	return false
}

// remoteScript reports whether a value that is an address names a file to
// include: it ends in ? (which cuts what the application appends) or in the
// name of a script or a text.
func remoteScript(text []byte) bool {
	if text[len(text)-1] == '?' {
		return true
	}
	for _, suffix := range [...]string{".txt", ".php", ".inc", ".dtd", ".sh"} {
		if len(text) >= len(suffix) && string(text[len(text)-len(suffix):]) == suffix {
			return true
		}
	}
	return false
}

// leadsToScript reports whether text goes on to the name of a script.
func leadsToScript(text []byte, from int) bool {
	rest := text[from:min(from+maxLook, len(text))]
	for i, c := range rest {
		if c != '.' {
			continue
		}
		for _, extension := range [...]string{".php", ".phtml", ".jsp", ".asp", ".cgi"} {
			if hasPrefixAt(rest, i, extension) {
				return true
			}
		}
	}
	return false
}
