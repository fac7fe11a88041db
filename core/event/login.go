package event

// login reads the messages of login(1), of display managers and of the old
// remote shells.
func (m *message) login(t []byte) {
	switch {
	case hasPrefix(t, "ROOT LOGIN"):
		m.userOfTerminal(nil, t)
		m.e.Text[UserName] = m.b.word(userRoot)
		m.say(actionLogin, outcomeSuccess, reasonRootLogin)
	case hasPrefix(t, "LOGIN ON "), hasPrefix(t, "DIALUP AT "):
		by, _ := between(t, " BY ", " ")
		if len(by) == 0 {
			_, by, _ = cut(t, " BY ")
		}
		m.userOfTerminal(by, t)
		m.say(actionLogin, outcomeSuccess, noWord)
	case hasPrefix(t, "FAILED LOGIN"):
		_, name, _ := cut(t, " FOR ")
		name, _, _ = cut(name, ", ")
		reason := reasonBadPassword
		if contains(t, "User not known") || string(unquoted(name)) == "UNKNOWN" {
			reason = reasonInvalidUser
		}
		m.userOfTerminal(name, t)
		m.say(actionLogin, outcomeFailure, reason)
	case hasPrefix(t, "TOO MANY LOGIN TRIES"):
		_, name, _ := cut(t, " FOR ")
		m.userOfTerminal(name, t)
		m.say(actionLogin, outcomeFailure, reasonMaxAttempts)
	case hasPrefix(t, "invalid password for "):
		name, _, _ := cut(t[len("invalid password for "):], " on ")
		reason := reasonBadPassword
		if string(unquoted(name)) == "UNKNOWN" {
			reason = reasonInvalidUser
		}
		m.userOfTerminal(name, t)
		m.say(actionLogin, outcomeFailure, reason)
	case hasPrefix(t, "Couldn't authenticate user"), hasPrefix(t, "Kerberos authentication failed"):
		m.say(actionLogin, outcomeFailure, reasonBadPassword)
	case hasPrefix(t, "Authentication failed from "): // klogind
		m.source(t[len("Authentication failed from "):][:fieldEnd(t[len("Authentication failed from "):], 0)])
		m.say(actionLogin, outcomeFailure, noWord)
	case hasPrefix(t, "Connection from ") || hasPrefix(t, "connect from "):
		_, from, _ := cut(t, " from ")
		m.sourceAndPort(from)
		m.say(actionConnect, noWord, noWord)
	}
}

// userOfTerminal sets the name, cut out of its quotes, and the host behind FROM.
func (m *message) userOfTerminal(name, t []byte) {
	if name = unquoted(name); string(name) != "UNKNOWN" && string(name) != "(null)" {
		m.user(name)
	}
	_, from, ok := cutLast(t, " FROM ")
	if !ok {
		_, from, ok = cutLast(t, " from ")
	}
	if ok {
		m.source(unquoted(from[:fieldEnd(from, 0)]))
	}
}

// unquoted cuts one pair of quotes.
func unquoted(t []byte) []byte {
	if n := len(t); n >= 2 && (t[0] == '\'' || t[0] == '"' || t[0] == '`') && (t[n-1] == '\'' || t[n-1] == '"') {
		return t[1 : n-1]
	}
	return t
}

// logind reads systemd-logind's messages.
func (m *message) logind(t []byte) {
	switch {
	case hasPrefix(t, "New session "):
		_, name, _ := cut(t, " of user ")
		name, _, _ = cut(name, " with class ")
		if len(name) > 0 && name[len(name)-1] == '.' {
			name = name[:len(name)-1]
		}
		m.user(unquoted(name))
		m.say(actionSession, outcomeSuccess, noWord)
	case hasPrefix(t, "Removed session "), hasPrefix(t, "Session ") && contains(t, " logged out"):
		m.say(actionLogout, noWord, noWord)
	}
}
