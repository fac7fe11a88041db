package event

// dropbear reads the messages of Dropbear, the SSH server of routers and other
// small machines. Its clients are written `address:port`.
func (m *message) dropbear(t []byte) {
	text, from, ok := cutLast(t, " from ")
	if ok {
		from, _, _ = cut(from, ">") // `Exit before auth from <192.0.2.1:4242>`
		from, _ = cutPrefix(from, "<")
		host, port := splitPort(from[:fieldEnd(from, 0)])
		m.source(from[:host])
		m.e.Num[SourcePort] = port
	}
	user := quotedOf(text)
	switch {
	case hasPrefix(t, "Bad password attempt for "), hasPrefix(t, "Bad PAM password attempt for "):
		m.user(user)
		m.say(actionLogin, outcomeFailure, reasonBadPassword)
	case hasPrefix(t, "Login attempt for nonexistent user"):
		m.user(user)
		m.say(actionLogin, outcomeFailure, reasonInvalidUser)
	case hasPrefix(t, "Password auth succeeded for "), hasPrefix(t, "PAM password auth succeeded for "), hasPrefix(t, "Pubkey auth succeeded for "):
		m.user(user)
		reason := noWord
		if string(user) == "root" {
			reason = reasonRootLogin
		}
		m.say(actionLogin, outcomeSuccess, reason)
	case hasPrefix(t, "Max auth tries reached"):
		m.user(user)
		m.say(actionLogin, outcomeFailure, reasonMaxAttempts)
	case hasPrefix(t, "Exit before auth"):
		m.user(quotedOf(t))
		m.say(actionConnect, noWord, reasonPreauthClose)
	case hasPrefix(t, "Exit ("):
		m.user(quotedOf(t))
		m.say(actionLogout, noWord, noWord)
	case hasPrefix(t, "Child connection from "):
		m.say(actionConnect, noWord, noWord)
	}
}
