package event

import "bytes"

// pamPrefix reads `pam_unix(sshd:auth): ` and Solaris' and Red Hat's older
// `PAM-module[12]: `; service is `sshd:auth`, empty in the older form.
func pamPrefix(t []byte) (service, rest []byte, ok bool) {
	head, rest, ok := cut(t, ": ")
	if !ok || bytes.IndexByte(head, ' ') >= 0 {
		return nil, t, false
	}
	service, _ = between(head, "(", ")")
	return service, rest, true
}

// pam reads the messages of PAM modules. service is `sshd:auth`, or empty where
// the log has only the program. It reports whether it understood the message.
func (m *message) pam(t, service []byte) bool {
	if len(service) > 0 {
		service, _, _ = cut(service, ":")
	}
	su := m.program == programSu || hasPrefix(service, "su") && !hasPrefix(service, "sudo")
	sudo := m.program == programSudo || hasPrefix(service, "sudo")
	became := su || sudo || hasPrefix(service, "polkit") || hasPrefix(service, "runuser")
	action := actionLogin
	switch {
	case sudo:
		action = actionSudo
	case su:
		action = actionSu
	}

	switch {
	case hasPrefix(t, "authentication failure;"):
		user, by := value(t, "user="), value(t, "ruser=")
		reason := reasonBadPassword
		switch {
		case su || sudo:
			m.user(by)
			m.set(TargetUser, user)
		case len(user) > 0:
			m.user(user)
		default:
			// pam_unix leaves user= out for a name that it does not know.
			m.user(by)
			reason = reasonInvalidUser
		}
		m.source(value(t, "rhost="))
		m.say(action, outcomeFailure, reason)
	case hasPrefix(t, "authentication success;"):
		m.user(value(t, "user="))
		m.source(value(t, "rhost="))
		m.say(action, outcomeSuccess, noWord)
	case hasPrefix(t, "check pass; user unknown"):
		m.say(action, noWord, reasonInvalidUser)
	case hasPrefix(t, "bad username ["):
		name, _ := between(t, "[", "]")
		m.user(name)
		m.say(action, outcomeFailure, reasonInvalidUser)
	case hasPrefix(t, "auth could not identify password for ["):
		name, _ := between(t, "[", "]")
		m.user(name)
		m.say(action, outcomeFailure, reasonBadPassword)
	case hasPrefix(t, "conversation failed"):
		m.say(action, outcomeFailure, reasonBadPassword)
	case hasPrefix(t, "session opened for "):
		m.session(t[len("session opened for "):], actionSession, became)
	case hasPrefix(t, "session closed for "):
		m.session(t[len("session closed for "):], actionLogout, became)
	case hasPrefix(t, "password changed for "):
		m.set(TargetUser, t[len("password changed for "):])
		m.say(actionAccount, outcomeSuccess, reasonPasswordChanged)
	case hasPrefix(t, "user \"") && contains(t, "\" does not exist"):
		name, _ := between(t, "\"", "\"")
		m.set(TargetUser, name)
		m.say(actionAccount, outcomeFailure, reasonInvalidUser)
	case hasPrefix(t, "account ") && contains(t, " has expired"), hasPrefix(t, "expired password for user "):
		rest, _ := cutPrefix(t, "account ")
		rest, _ = cutPrefix(rest, "expired password for user ")
		m.user(rest[:fieldEnd(rest, 0)])
		m.say(action, outcomeFailure, reasonNotAllowed)
	case hasPrefix(t, "requirement \"") && contains(t, "\" not met by user \""): // pam_succeed_if
		name, _ := between(t, "not met by user \"", "\"")
		m.user(name)
		m.say(action, outcomeFailure, reasonNotAllowed)
	case hasPrefix(t, "Access denied for user ") || hasPrefix(t, "access denied for user "):
		rest := t[len("Access denied for user "):]
		m.user(bytes.TrimRight(rest[:fieldEnd(rest, 0)], ":`'"))
		m.say(action, outcomeFailure, reasonNotAllowed)
	case hasPrefix(t, "user ") && contains(t, " tally "), hasPrefix(t, "Consecutive login failures for user "): // pam_tally2, pam_faillock
		rest, _ := cutPrefix(t, "Consecutive login failures for ")
		rest, _ = cutPrefix(rest, "user ")
		m.user(rest[:fieldEnd(rest, 0)])
		m.say(action, outcomeFailure, reasonMaxAttempts)
	default:
		return false
	}
	return true
}

// session reads `user root[(uid=0)] by alice(uid=1000)`. With became, for su
// and its like, the first is whom alice became; else it is whose session it is.
func (m *message) session(t []byte, action word, became bool) {
	t, _ = cutPrefix(t, "user ")
	name, by, _ := cut(t, " by ")
	name, _, _ = cut(name, "(")
	by, _, _ = cut(by, "(")
	if became {
		m.set(TargetUser, name)
		m.user(by)
	} else {
		m.user(name)
	}
	outcome := noWord
	if action == actionSession {
		outcome = outcomeSuccess
	}
	m.say(action, outcome, noWord)
}
