package feature

// The shapes of SQL injection: what follows a quote, a connective or a
// semicolon, whatever the words are.

// operand reads a constant or a name at i: a quoted string, a number, a word, a
// call. It returns the position behind it and what it was, 0 for none.
func operand(text []byte, i int) (end int, kind byte) {
	i = skipOpen(text, i)
	for byteAt(text, i) == '-' || byteAt(text, i) == '~' || byteAt(text, i) == '!' || byteAt(text, i) == '@' {
		i++
	}
	switch c := byteAt(text, i); {
	case c == '\'' || c == '"' || c == '`':
		for j := i + 1; j < len(text) && j-i < maxLook; j++ {
			if text[j] == c {
				return j + 1, 'q'
			}
		}
		return len(text), 'q' // an open quote: the application closes it
	case isWordByte(c):
		kind = 'n'
		j := i
		for ; j < len(text) && j-i < maxLook && (isWordByte(text[j]) || text[j] == '.'); j++ {
			if text[j]-'0' >= 10 && text[j] != '.' {
				kind = 'w'
			}
		}
		if c == '0' && byteAt(text, i+1) == 'x' {
			kind = 'n'
		}
		if k := skipSpace(text, j); kind == 'w' && byteAt(text, k) == '(' {
			return k, 'c'
		}
		return j, kind
	}
	return i, 0
}

// comparison reads a comparison operator at i and returns the position behind
// it, i itself for none.
func comparison(text []byte, i int) int {
	i = skipSpace(text, i)
	for byteAt(text, i) == ')' {
		i = skipSpace(text, i+1)
	}
	start := i
	for i < len(text) && i-start < 3 && (text[i] == '=' || text[i] == '<' || text[i] == '>' || text[i] == '!' || text[i] == '^') {
		i++
	}
	if i > start {
		return i
	}
	if wordAt(text, i, "not") {
		i = skipSpace(text, i+3)
	}
	for _, word := range [...]string{"like", "rlike", "regexp", "is", "in", "between", "sounds", "div", "glob"} {
		if wordAt(text, i, word) {
			return i + len(word)
		}
	}
	return start
}

// tautology reads what follows a connective (or, and, ||, &&, having, where):
// a comparison of two operands. Of two constants it is strong; of a name and a
// constant, as in a filter that an application writes itself, it is weaker; a
// bare constant at the end ("or 1") counts behind a quote only.
func tautology(text []byte, start, end int, strength uint8) uint8 {
	symbol := !isAlnum(text[start])
	if !symbol && !wordEnds(text, end) && text[end]-'0' >= 10 {
		return 0
	}
	first := end
	i, left := operand(text, first)
	before := byteAt(text, skipBack(text, start)-1)
	open := before == '\'' || before == '"' || before == ')' || before == '`'
	if left == 0 {
		return 0
	}
	j := comparison(text, i)
	if left == 'c' {
		if open {
			return strength + medium
		}
		if symbol {
			return 0
		}
		return weak
	}
	if j == i || j <= skipSpace(text, i) {
		if left == 'n' && !symbol && opensComment(text, skipSpace(text, i)) {
			return strength
		}
		if open && !symbol && (left == 'n' || left == 'q' || wordAt(text, i-4, "true")) {
			return medium
		}
		return 0
	}
	end, right := operand(text, j)
	if j = skipOpen(text, j); right != 0 && i-skipOpen(text, first) == end-j && string(text[i-(end-j):i]) == string(text[j:end]) {
		return strength // x = x, whatever x is
	}
	constant := left != 'w' && right != 'w' && right != 0
	switch {
	case right == 0:
		return 0
	case open:
		return strength + medium
	case constant && left == right:
		return strength
	case symbol:
		return 0
	case constant || before-'0' < 10 || right == 'c':
		return medium
	}
	return weak
}

// breakout reads what follows a quote: closing brackets and blanks, then a
// connective, a comment, a statement's end, a concatenation or a comparison
// with an opening quote. Text has quotes before blanks too (rock 'n' roll), so
// what follows must go on as SQL does.
func breakout(text []byte, start, end int, strength uint8) uint8 {
	i := skipSpace(text, end)
	for limit := i + maxLook; i < limit && byteAt(text, i) == ')'; {
		i = skipSpace(text, i+1)
	}
	for _, word := range [...]string{"or", "and", "union", "having", "group", "order", "where", "like", "rlike", "waitfor", "limit", "procedure", "xor", "if", "as"} {
		if !hasPrefixAt(text, i, word) {
			continue
		}
		k := i + len(word)
		if next := byteAt(text, k); isWordByte(next) && next-'0' >= 10 {
			continue
		}
		switch word {
		case "union", "having", "waitfor", "procedure":
			return strength
		}
		if j := skipSpace(text, k); j < len(text) && (j > k || text[j] == '(' || text[j] == '\'') {
			if _, kind := operand(text, j); kind != 0 && kind != 'w' {
				return strength
			}
			return medium
		}
		return 0
	}
	closed := i > skipSpace(text, end) // a bracket closed behind the quote
	switch c, next := byteAt(text, i), byteAt(text, i+1); {
	case c == '-' && next == '-', c == ';' && (next == '-' || stacked(text, i+1)), c == '|' && next == '|', c == '&' && next == '&':
		return strength
	case c == '#' && i+1 == len(text), c == '/' && next == '*':
		return strength
	case c == ';' && i+1 == len(text), closed && c == 0 && i >= len(text):
		return weak
	case (c == '=' || c == '<' || c == '>') && i < len(text):
		if j := comparison(text, i); byteAt(text, skipSpace(text, j)) == text[start] && text[start] == '\'' {
			return strength
		}
	case c == '+' || c == ',':
		if j := skipSpace(text, i+1); byteAt(text, j) == text[start] && text[start] == '\'' && start > 0 {
			return weak
		}
	case i >= len(text) && start > 0 && text[start] == '\'' && (text[start-1]-'0' < 10 || text[start-1] == ')'):
		return weak // 1' : the probe that asks whether a quote breaks anything
	}
	return 0
}

// comment reports whether the comment at [start,end) swallows a statement's
// rest: -- at the end or before a blank, # at the end, behind something that
// ends an expression.
func comment(text []byte, start, end int) bool {
	if start == 0 {
		return false
	}
	rest := skipSpace(text, end)
	switch text[start] {
	case '#':
		if rest < len(text) {
			return false
		}
	case '-':
		if rest == end && end < len(text) {
			return false
		}
		if rest < len(text) && rest-end < 1 {
			return false
		}
	}
	switch c := text[skipBack(text, start)-min(1, skipBack(text, start))]; {
	case c == '\'' || c == '"' || c == ')' || c == ';':
		return true
	case isAlnum(c):
		return rest >= len(text) && text[start] == '-'
	}
	return false
}

// sqlVerbs begin a statement; object is what must follow the verb, so that
// "; update me soon" is text.
var sqlVerbs = [...]struct {
	verb    string
	objects []string
}{
	{"insert", []string{"into"}},
	{"delete", []string{"from"}},
	{"drop", sqlObjects},
	{"create", sqlObjects},
	{"alter", sqlObjects},
	{"truncate", sqlObjects},
	{"waitfor", []string{"delay", "time"}},
	{"grant", []string{"all", "select", "connect", "dba"}},
	{"begin", []string{"declare", "dbms_lock", "execute"}},
	{"copy", []string{"cmd_exec", "public"}},
	{"if", []string{"not"}},
}

var sqlObjects = []string{"table", "database", "user", "view", "function", "procedure", "index", "login", "or", "schema", "trigger", "alias", "role"}

// stacked reports whether a SQL statement begins at i, behind a semicolon.
func stacked(text []byte, i int) bool {
	i = skipSpace(text, i)
	for v := range sqlVerbs {
		if !wordAt(text, i, sqlVerbs[v].verb) {
			continue
		}
		next := skipOpen(text, i+len(sqlVerbs[v].verb))
		for _, object := range sqlVerbs[v].objects {
			if wordAt(text, next, object) {
				return true
			}
		}
	}
	switch {
	case wordAt(text, i, "select"):
		return selects(text, i+len("select"))
	case wordAt(text, i, "exec"), wordAt(text, i, "execute"), wordAt(text, i, "declare"), wordAt(text, i, "shutdown"):
		return true
	case wordAt(text, i, "if"):
		return byteAt(text, skipSpace(text, i+len("if"))) == '('
	case wordAt(text, i, "set"):
		return byteAt(text, skipSpace(text, i+len("set"))) == '@'
	case wordAt(text, i, "update"):
		for j, limit := i, min(len(text), i+maxLook); j < limit; j++ {
			if text[j] == 's' && wordStarts(text, j) && wordAt(text, j, "set") {
				return true
			}
		}
	}
	return false
}

// selects reports whether what follows the word select is a query's list: a
// "from" not far, a call, a variable, a star or constants with commas.
func selects(text []byte, i int) bool {
	i = skipOpen(text, i)
	if c := byteAt(text, i); c == '@' || c == '*' {
		return true
	}
	if _, kind := operand(text, i); kind == 'c' || kind == 'q' && byteAt(text, i) == '\'' {
		return true
	} else if kind == 'n' {
		return true
	}
	if wordAt(text, i, "null") || wordAt(text, i, "case") || wordAt(text, i, "top") {
		return true
	}
	for limit := min(len(text), i+maxLook); i < limit; i++ {
		if text[i] == 'f' && wordStarts(text, i) && wordAt(text, i, "from") {
			return true
		}
	}
	return false
}

// opensComment reports whether a comment begins at i.
func opensComment(text []byte, i int) bool {
	c, next := byteAt(text, i), byteAt(text, i+1)
	return c == '#' || c == '-' && next == '-' || c == '/' && next == '*'
}
