package event

// vsftpd reads `[alice] OK LOGIN: Client "203.0.113.9"` and its relatives.
func (m *message) vsftpd(t []byte) {
	var user []byte
	if len(t) > 0 && t[0] == '[' {
		name, rest, ok := cut(t[1:], "] ")
		if !ok {
			return
		}
		user, t = name, rest
	}
	switch {
	case hasPrefix(t, "OK LOGIN: "):
		m.say(actionLogin, outcomeSuccess, noWord)
	case hasPrefix(t, "FAIL LOGIN: "):
		m.say(actionLogin, outcomeFailure, reasonBadPassword)
	case hasPrefix(t, "CONNECT: "):
		m.say(actionConnect, noWord, noWord)
	default:
		return
	}
	m.user(user)
	client, _ := between(t, "Client \"", "\"")
	m.source(client)
}

// proftpd reads `server (client[203.0.113.9]) - USER alice: Login successful.` and its relatives.
func (m *message) proftpd(t []byte) {
	client, rest, ok := cut(t, ") - ")
	if !ok {
		return
	}
	if _, address, ok := cut(client, "("); ok {
		m.hostAndAddress(address)
	}
	t = rest
	if who, ok := cutPrefix(t, "USER "); ok {
		name, result, ok := cutLast(who, ": ")
		if !ok {
			return
		}
		name, _, _ = cut(name, " (Login failed)")
		m.user(name)
		switch {
		case hasPrefix(result, "Login successful"):
			m.say(actionLogin, outcomeSuccess, noWord)
		case hasPrefix(result, "no such user"):
			m.say(actionLogin, outcomeFailure, reasonInvalidUser)
		case contains(who, "(Login failed)"):
			reason := reasonBadPassword
			switch {
			case contains(result, "No such user"):
				reason = reasonInvalidUser
			case !contains(result, "assword"):
				reason = reasonNotAllowed
			}
			m.say(actionLogin, outcomeFailure, reason)
		}
		return
	}
	switch {
	case hasPrefix(t, "FTP session opened"), hasPrefix(t, "SSH2 session opened"):
		m.say(actionConnect, noWord, noWord)
	case hasPrefix(t, "FTP session closed"), hasPrefix(t, "SSH2 session closed"), hasPrefix(t, "FTP login timed out"):
		m.say(actionLogout, noWord, noWord)
	case hasPrefix(t, "Maximum login attempts"):
		m.say(actionLogin, outcomeFailure, reasonMaxAttempts)
	case hasPrefix(t, "SECURITY VIOLATION: "):
		reason := reasonNotAllowed
		if contains(t, "oot login attempted") {
			reason = reasonRootLogin
		}
		m.say(actionLogin, outcomeFailure, reason)
	}
}

// pureftpd reads `(?@203.0.113.9) [WARNING] Authentication failed for user [alice]` and its relatives.
func (m *message) pureftpd(t []byte) {
	if len(t) == 0 || t[0] != '(' {
		return
	}
	who, rest, ok := cut(t[1:], ") [")
	if !ok {
		return
	}
	user, address, ok := cutLast(who, "@")
	if !ok {
		return
	}
	m.source(address)
	if string(user) != "?" {
		m.user(user)
	}
	_, text, _ := cut(rest, "] ")
	switch {
	case hasPrefix(text, "New connection from "):
		m.say(actionConnect, noWord, noWord)
	case hasPrefix(text, "Authentication failed for user "):
		name, _ := between(text, "[", "]")
		m.user(name)
		m.say(actionLogin, outcomeFailure, reasonBadPassword)
	case hasSuffix(text, " is now logged in"):
		m.user(text[:len(text)-len(" is now logged in")])
		m.say(actionLogin, outcomeSuccess, noWord)
	case hasPrefix(text, "Logout"):
		m.say(actionLogout, noWord, noWord)
	case hasPrefix(text, "Too many authentication failures"):
		m.say(actionLogin, outcomeFailure, reasonMaxAttempts)
	}
}

// ftpd reads the messages of the BSD and Washington University servers.
func (m *message) ftpd(t []byte) {
	switch {
	case hasPrefix(t, "connection from "), hasPrefix(t, "connect from "):
		_, from, _ := cut(t, " from ")
		m.source(from[:fieldEnd(from, 0)])
		m.say(actionConnect, noWord, noWord)
	case hasPrefix(t, "FTP LOGIN FROM "), hasPrefix(t, "ANONYMOUS FTP LOGIN FROM "):
		_, from, _ := cut(t, " FROM ")
		from, name, ok := cutLast(from, ", ")
		if !ok {
			from, name, _ = cutLast(from, " as ")
		}
		m.hostAndAddress(from)
		if t[0] == 'A' {
			name = t[:len("ANONYMOUS")]
		}
		m.user(name)
		m.say(actionLogin, outcomeSuccess, noWord)
	case hasPrefix(t, "FTP LOGIN REFUSED"), hasPrefix(t, "FTP LOGIN FAILED"), hasPrefix(t, "failed login from "), hasPrefix(t, "repeated login failures from "):
		_, from, ok := cut(t, " FROM ")
		if !ok {
			_, from, _ = cut(t, " from ")
		}
		from, name, _ := cut(from, ", ")
		m.hostAndAddress(from)
		m.user(name)
		reason := reasonBadPassword
		switch {
		case hasPrefix(t, "FTP LOGIN REFUSED"):
			reason = reasonNotAllowed
		case hasPrefix(t, "repeated"):
			reason = reasonMaxAttempts
		}
		m.say(actionLogin, outcomeFailure, reason)
	case hasPrefix(t, "FTP session closed"), hasPrefix(t, "User ") && contains(t, "timed out"):
		m.say(actionLogout, noWord, noWord)
	default:
		m.inetd(t)
	}
}

// inetd reads the messages of xinetd and of servers behind TCP wrappers.
func (m *message) inetd(t []byte) {
	t, _ = cutPrefix(t, "warning: ")
	switch {
	case hasPrefix(t, "START: "), hasPrefix(t, "EXIT: ") && contains(t, "from="):
		m.source(value(t, "from="))
		m.say(actionConnect, noWord, noWord)
	case hasPrefix(t, "FAIL: "):
		m.source(value(t, "from="))
		m.say(actionConnect, outcomeFailure, reasonNotAllowed)
	case hasPrefix(t, "refused connect from "):
		from := t[len("refused connect from "):]
		if address, ok := between(from, "(", ")"); ok {
			from = address
		}
		m.source(from[:fieldEnd(from, 0)])
		m.say(actionConnect, outcomeFailure, reasonNotAllowed)
	case hasPrefix(t, "connect from "), hasPrefix(t, "connection from "):
		_, from, _ := cut(t, " from ")
		if address, ok := between(from, "(", ")"); ok && len(address) > 0 {
			from = address
		}
		m.source(from[:fieldEnd(from, 0)])
		m.say(actionConnect, noWord, noWord)
	case hasPrefix(t, "ttloop: "):
		m.say(actionConnect, noWord, reasonPreauthClose)
	}
}
