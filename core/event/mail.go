package event

// dovecot reads the login messages of Dovecot:
//
//	imap-login: Login: user=<alice>, method=PLAIN, rip=203.0.113.9, lip=..., TLS
//	pop3-login: Aborted login (auth failed, 2 attempts in 4 secs): user=<alice>, method=PLAIN, rip=...
//	auth-worker(12): pam(alice,203.0.113.9): unknown user
//	imap(alice): Logged out in=12 out=345
func (m *message) dovecot(t []byte) {
	head, rest, ok := cut(t, ": ")
	if ok && contains(head, "-login") {
		t = rest
	} else if ok && (hasPrefix(head, "auth") || hasPrefix(head, "auth-worker")) {
		m.dovecotAuth(rest)
		return
	} else if ok && (hasPrefix(head, "imap(") || hasPrefix(head, "pop3(")) {
		if hasPrefix(rest, "Logged out") || hasPrefix(rest, "Disconnected") {
			name, _ := between(head, "(", ")")
			m.user(name)
			m.say(actionLogout, noWord, noWord)
		}
		return
	}
	t, _ = cutPrefix(t, "Info: ")
	user, _ := between(t, "user=<", ">")
	source := value(t, "rip=")
	switch {
	case hasPrefix(t, "Login: "):
		m.say(actionLogin, outcomeSuccess, noWord)
	case contains(t, "(auth failed"):
		if _, rest, _ := cut(t, "(auth failed, "); len(rest) > 0 {
			if n, d := digitsAt(rest, 0); d > 0 && n > 1 {
				m.e.Num[Repeats] = n
			}
		}
		m.say(actionLogin, outcomeFailure, reasonBadPassword)
	case hasPrefix(t, "Maximum number of connections"):
		m.say(actionConnect, outcomeFailure, reasonNotAllowed)
	case hasPrefix(t, "Aborted login"), hasPrefix(t, "Disconnected"), hasPrefix(t, "Login aborted"):
		m.say(actionConnect, noWord, reasonPreauthClose)
	default:
		return
	}
	m.user(user)
	m.source(source)
}

// dovecotAuth reads `pam(alice,203.0.113.9[,<session>]): unknown user`.
func (m *message) dovecotAuth(t []byte) {
	t, _ = cutPrefix(t, "Info: ")
	who, why, ok := cut(t, "): ")
	if !ok {
		return
	}
	_, who, ok = cut(who, "(")
	if !ok {
		return
	}
	reason := noWord
	switch {
	case contains(why, "unknown user") || contains(why, "ser not known"):
		reason = reasonInvalidUser
	case contains(why, "assword mismatch") || contains(why, "authenticate() failed") || contains(why, "uthentication failure") || contains(why, "nvalid credentials"):
		reason = reasonBadPassword
	default:
		return
	}
	name, address, _ := cut(who, ",")
	address, _, _ = cut(address, ",")
	m.user(name)
	m.source(address)
	m.say(actionLogin, outcomeFailure, reason)
}

// postfix reads the messages of Postfix's SMTP server about clients.
func (m *message) postfix(t []byte) {
	t, _ = cutPrefix(t, "warning: ")
	switch {
	case contains(t, ": SASL ") && contains(t, " authentication failed"):
		client, rest, _ := cut(t, ": SASL ")
		m.hostAndAddress(client)
		m.user(value(rest, "sasl_username="))
		m.say(actionLogin, outcomeFailure, reasonBadPassword)
	case contains(t, ", sasl_username=") && contains(t, "client="):
		_, client, _ := cut(t, "client=")
		client, _, _ = cut(client, ",")
		m.hostAndAddress(client)
		name, _, _ := cut(value(t, "sasl_username="), ",")
		m.user(name)
		m.say(actionLogin, outcomeSuccess, noWord)
	case hasPrefix(t, "hostname ") && contains(t, " does not resolve to address "):
		_, address, _ := cut(t, " does not resolve to address ")
		m.source(address[:fieldEnd(address, 0)])
		m.say(actionConnect, noWord, reasonReverseMapping)
	case hasPrefix(t, "connect from "):
		m.hostAndAddress(t[len("connect from "):])
		m.say(actionConnect, noWord, noWord)
	case hasPrefix(t, "disconnect from "):
		m.hostAndAddress(t[len("disconnect from "):])
		m.say(actionLogout, noWord, noWord)
	case hasPrefix(t, "lost connection after "), hasPrefix(t, "timeout after "), hasPrefix(t, "too many errors after "), hasPrefix(t, "improper command pipelining after "):
		_, from, _ := cut(t, " from ")
		m.hostAndAddress(from)
		m.say(actionConnect, noWord, reasonPreauthClose)
	case hasPrefix(t, "NOQUEUE: reject: ") || contains(t, ": reject: "):
		_, from, _ := cut(t, " from ")
		m.hostAndAddress(from)
		m.say(actionConnect, outcomeFailure, reasonNotAllowed)
	}
}

// cyrus reads the login messages of Cyrus' IMAP and POP servers and of their relatives:
//
//	badlogin: client.example.net [203.0.113.9] plaintext alice SASL(-13): authentication failure
//	login: client.example.net [203.0.113.9] alice plaintext User logged in
func (m *message) cyrus(t []byte) {
	if rest, ok := cutPrefix(t, "badlogin: "); ok {
		m.hostAndAddress(rest)
		_, rest, _ = cut(rest, "] ")
		_, name, _ := cut(rest, " ")
		name = name[:fieldEnd(name, 0)]
		if hasPrefix(name, "SASL(") || hasPrefix(name, "[SASL(") {
			name = nil
		}
		m.user(name)
		reason := reasonBadPassword
		if contains(rest, "user not found") {
			reason = reasonInvalidUser
		}
		m.say(actionLogin, outcomeFailure, reason)
		return
	}
	if rest, ok := cutPrefix(t, "login: "); ok {
		m.hostAndAddress(rest)
		_, rest, _ = cut(rest, "] ")
		m.user(rest[:fieldEnd(rest, 0)])
		m.say(actionLogin, outcomeSuccess, noWord)
	}
}
