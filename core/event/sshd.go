package event

// sshd reads the messages of OpenSSH's server.
//
// The user's name comes from the client and may hold anything, ` from
// 192.0.2.1 port 1` included, so what follows the name is searched from the end.
func (m *message) sshd(t []byte) {
	for _, level := range [...]string{"error: ", "fatal: ", "warning: ", "PAM: "} {
		t, _ = cutPrefix(t, level)
	}
	preauth := noWord
	if hasSuffix(t, " [preauth]") {
		preauth = reasonPreauthClose
		t = t[:len(t)-len(" [preauth]")]
	}
	if m.sshdAttempt(t) || m.sshdEnd(t, preauth) || m.sshdConnection(t) {
		return
	}
	if preauth != noWord { // `Read from socket failed: Connection reset by peer [preauth]`
		m.say(actionConnect, noWord, preauth)
	}
}

// sshdAttempt reads the messages about somebody who tries to log in.
func (m *message) sshdAttempt(t []byte) bool {
	if rest, ok := cutPrefix(t, "Failed "); ok {
		method, who, ok := cut(rest, " for ")
		if !ok {
			return false
		}
		m.failed(who, methodReason(method))
		return true
	}
	if rest, ok := cutPrefix(t, "Accepted "); ok {
		_, who, ok := cut(rest, " for ")
		if !ok {
			return false
		}
		reason := noWord
		if name := m.userFrom(who); string(name) == "root" {
			reason = reasonRootLogin
		}
		m.say(actionLogin, outcomeSuccess, reason)
		return true
	}
	for _, prefix := range [...]string{"Invalid user ", "Illegal user "} {
		if rest, ok := cutPrefix(t, prefix); ok {
			m.userFrom(rest)
			m.say(actionLogin, outcomeFailure, reasonInvalidUser)
			return true
		}
	}
	if rest, ok := cutPrefix(t, "input_userauth_request: "); ok {
		name, reason := invalidUser(rest)
		m.user(name)
		m.say(actionLogin, noWord, reason)
		return true
	}
	if rest, ok := cutPrefix(t, "maximum authentication attempts exceeded for "); ok {
		name, _ := invalidUser(rest)
		m.userFrom(name)
		m.say(actionLogin, outcomeFailure, reasonMaxAttempts)
		return true
	}
	if rest, ok := cutPrefix(t, "Authentication failure for "); ok {
		m.failed(rest, reasonBadPassword)
		return true
	}
	if rest, ok := cutPrefix(t, "User not known to the underlying authentication module for "); ok {
		m.failed(rest, reasonInvalidUser)
		return true
	}
	if rest, ok := cutPrefix(t, "Starting session: "); ok { // `shell on pts/0 for ann from 192.0.2.1 port 12 id 0`
		if _, who, ok := cut(rest, " for "); ok {
			m.userFrom(who)
			m.say(actionSession, outcomeSuccess, noWord)
			return true
		}
	}
	if rest, ok := cutPrefix(t, "Postponed "); ok {
		if _, who, ok := cut(rest, " for "); ok {
			name, reason := invalidUser(who)
			m.userFrom(name)
			m.say(actionLogin, noWord, reason)
			return true
		}
	}
	if rest, ok := cutPrefix(t, "PAM "); ok {
		if n, d := digitsAt(rest, 0); d > 0 { // `PAM 5 more authentication failures; ... rhost=192.0.2.1  user=root`
			m.e.Num[Repeats] = n
			m.user(value(rest, "user="))
			m.source(value(rest, "rhost="))
			m.say(actionLogin, outcomeFailure, reasonRepeated)
			return true
		}
	}
	if hasPrefix(t, "PAM service(sshd) ignoring max retries") || hasPrefix(t, "service(sshd) ignoring max retries") {
		m.say(actionLogin, noWord, reasonMaxAttempts)
		return true
	}
	if rest, ok := cutPrefix(t, "User "); ok {
		if i := lastIndexOf(rest, " not allowed because"); i >= 0 {
			m.userFrom(rest[:i])
			m.say(actionLogin, outcomeFailure, reasonNotAllowed)
			return true
		}
	}
	if rest, ok := cutPrefix(t, "ROOT LOGIN REFUSED FROM "); ok {
		m.sourceAndPort(rest)
		m.e.Text[UserName] = m.b.word(userRoot)
		m.say(actionLogin, outcomeFailure, reasonRootLogin)
		return true
	}
	if hasPrefix(t, "Authentication refused: ") {
		m.say(actionLogin, outcomeFailure, reasonNotAllowed)
		return true
	}
	return false
}

// sshdEnd reads the messages about the end of a connection.
func (m *message) sshdEnd(t []byte, preauth word) bool {
	action := actionConnect
	if rest, ok := cutPrefix(t, "Received disconnect from "); ok {
		m.sourceAndPort(rest)
		if preauth == noWord {
			action = actionLogout
		}
		m.say(action, noWord, preauth)
		return true
	}
	for _, prefix := range [...]string{"Connection closed by ", "Connection reset by ", "Disconnected from ", "Connection from "} {
		rest, ok := cutPrefix(t, prefix)
		if !ok {
			continue
		}
		if who, ok := cutPrefix(rest, "user "); ok && prefix[0] == 'D' {
			m.peer(who, true)
			m.say(actionLogout, noWord, noWord)
			return true
		}
		m.peer(rest, false)
		if prefix[0] == 'D' && preauth == noWord { // OpenSSH before 7.5 does not name the user
			action = actionLogout
		}
		m.say(action, noWord, preauth)
		return true
	}
	if rest, ok := cutPrefix(t, "Disconnecting"); ok {
		who, why, ok := cut(rest, ": ")
		if !ok {
			return false
		}
		m.peer(trimBlanks(who), false)
		switch {
		case hasPrefix(why, "Too many authentication failures"):
			if name, ok := cutPrefix(why, "Too many authentication failures for "); ok {
				name, _ = invalidUser(name)
				m.userFrom(name)
			}
			m.say(actionLogin, outcomeFailure, reasonMaxAttempts)
		case hasPrefix(why, "Change of username or service not allowed: ("):
			name, _ := between(why, "(", ",")
			m.user(name)
			m.say(actionConnect, noWord, reasonPreauthClose)
		default:
			m.say(actionConnect, noWord, reasonPreauthClose)
		}
		return true
	}
	if rest, ok := cutPrefix(t, "Timeout before authentication for "); ok {
		rest, _ = cutPrefix(rest, "connection from ")
		m.sourceAndPort(rest)
		m.say(actionConnect, noWord, reasonPreauthClose)
		return true
	}
	if rest, ok := cutPrefix(t, "Close session: user "); ok {
		m.userFrom(rest)
		m.say(actionLogout, noWord, noWord)
		return true
	}
	return false
}

// sshdConnection reads the messages about connections that are no attempt to log in.
func (m *message) sshdConnection(t []byte) bool {
	reason := noWord
	var from []byte
	switch {
	case hasPrefix(t, "Did not receive identification string"):
		reason = reasonNoIdentification
		_, from, _ = cutLast(t, " from ")
	case hasPrefix(t, "Could not write ident string to "):
		reason = reasonNoIdentification
		from = t[len("Could not write ident string to "):]
	case hasPrefix(t, "can't get client address"):
		reason = reasonNoIdentification
	case hasPrefix(t, "Bad protocol version identification "):
		reason = reasonBadProtocol
		_, from, _ = cutLast(t, " from ")
	case hasPrefix(t, "kex_exchange_identification: ") || hasPrefix(t, "ssh_exchange_identification: "):
		reason = reasonBadProtocol
		if contains(t, "onnection closed") || contains(t, "onnection reset") {
			reason = reasonNoIdentification
		}
	case hasPrefix(t, "banner exchange: Connection from "):
		reason = reasonBadProtocol
		from = t[len("banner exchange: Connection from "):]
	case hasPrefix(t, "Protocol major versions differ for "):
		reason = reasonBadProtocol
		from = t[len("Protocol major versions differ for "):]
	case hasPrefix(t, "Unable to negotiate with "):
		reason = reasonBadProtocol
		from = t[len("Unable to negotiate with "):]
	case hasPrefix(t, "Unable to negotiate a key exchange method"), hasPrefix(t, "no matching "), hasPrefix(t, "no hostkey alg"),
		hasPrefix(t, "Bad packet length"), hasPrefix(t, "Corrupted "), hasPrefix(t, "dispatch_protocol_error"), hasPrefix(t, "padding error"):
		reason = reasonBadProtocol
	case hasPrefix(t, "ssh_dispatch_run_fatal: Connection from "):
		reason = reasonBadProtocol
		from = t[len("ssh_dispatch_run_fatal: Connection from "):]
	case hasPrefix(t, "reverse mapping checking getaddrinfo for "):
		reason = reasonReverseMapping
		from, _ = between(t, "[", "]")
		if len(from) == 0 { // before OpenSSH 5: `... for name failed - POSSIBLE`
			from, _ = between(t, " for ", " failed")
		}
	case hasPrefix(t, "Address ") && contains(t, " maps to "):
		reason = reasonReverseMapping
		from = t[len("Address "):]
	case hasPrefix(t, "Nasty PTR record "):
		reason = reasonReverseMapping
		from, _ = between(t, " is set up for ", ",")
	case hasPrefix(t, "refused connect from "):
		from = t[len("refused connect from "):]
		m.sourceAndPort(from)
		m.say(actionConnect, outcomeFailure, reasonNotAllowed)
		return true
	default:
		return false
	}
	if len(from) > 0 {
		m.peer(from, false)
	}
	m.say(actionConnect, noWord, reason)
	return true
}

// failed reads `[invalid user ]name from address port 12 ssh2` of a failed login.
func (m *message) failed(who []byte, reason word) {
	name, invalid := invalidUser(who)
	m.userFrom(name)
	if invalid != noWord {
		reason = invalid
	}
	m.say(actionLogin, outcomeFailure, reason)
}

// userFrom reads `name from address[ port 12]...` and returns the name.
func (m *message) userFrom(t []byte) []byte {
	name, from, ok := cutLast(t, " from ")
	if !ok {
		m.user(t)
		return t
	}
	m.user(name)
	m.sourceAndPort(from)
	return name
}

// peer reads `[invalid user name |authenticating user name ]address[ port 12]`;
// named says that the name stands there without such words.
func (m *message) peer(t []byte, named bool) {
	for _, prefix := range [...]string{"invalid user ", "authenticating user ", "user "} {
		if rest, ok := cutPrefix(t, prefix); ok {
			t, named = rest, true
			break
		}
	}
	if !named {
		m.sourceAndPort(t)
		return
	}
	if i := lastIndexOf(t, " port "); i >= 0 {
		if name, _, ok := cutLast(t[:i], " "); ok {
			m.user(name)
			t = t[len(name)+1:]
		}
		m.sourceAndPort(t)
		return
	}
	if name, address, ok := cutLast(t, " "); ok {
		m.user(name)
		m.source(address)
	}
}

// invalidUser cuts the words that mark a name that the system does not know.
func invalidUser(t []byte) (name []byte, reason word) {
	for _, prefix := range [...]string{"invalid user ", "illegal user "} {
		if name, ok := cutPrefix(t, prefix); ok {
			return name, reasonInvalidUser
		}
	}
	if string(t) == "invalid user" {
		return nil, reasonInvalidUser // the name is empty, the blank was cut off the line
	}
	return t, noWord
}

// methodReason is why a login by this method fails.
func methodReason(method []byte) word {
	if hasPrefix(method, "publickey") || hasPrefix(method, "hostbased") || hasPrefix(method, "rsa") {
		return reasonBadKey
	}
	return reasonBadPassword
}
