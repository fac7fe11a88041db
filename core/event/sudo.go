package event

// sudo reads sudo's own messages:
//
//	alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id
//	alice : 3 incorrect password attempts ; TTY=... ; USER=root ; COMMAND=/usr/bin/id
//	alice : user NOT in sudoers ; TTY=... ; USER=root ; COMMAND=/usr/bin/id
func (m *message) sudo(t []byte) {
	user, rest, ok := cut(t, " : ")
	if !ok {
		return
	}
	m.user(trimBlanks(user))
	// COMMAND comes last and may hold anything.
	front, command, found := cut(rest, "COMMAND=")
	m.set(Command, command)
	m.set(TargetUser, sudoValue(front, "USER="))
	n, d := digitsAt(front, 0)
	switch {
	case d > 0 && hasPrefix(front[d:], " incorrect password attempt"):
		m.e.Num[Repeats] = n
		m.say(actionSudo, outcomeFailure, reasonBadPassword)
	case hasPrefix(front, "user NOT in sudoers"):
		m.say(actionSudo, outcomeFailure, reasonNotInSudoers)
	case hasPrefix(front, "user NOT authorized"), hasPrefix(front, "command not allowed"), hasPrefix(front, "sorry, you must have a tty"),
		hasPrefix(front, "not allowed"), hasPrefix(front, "account validation failure"):
		m.say(actionSudo, outcomeFailure, reasonNotAllowed)
	case hasPrefix(front, "a password is required"), hasPrefix(front, "no tty present"), hasPrefix(front, "a terminal is required"),
		hasPrefix(front, "auth failure"), hasPrefix(front, "conversation failed"), hasPrefix(front, "unable to authenticate"):
		m.say(actionSudo, outcomeFailure, reasonBadPassword)
	case found && (hasPrefix(front, "TTY=") || hasPrefix(front, "HOST=") || hasPrefix(front, "PWD=")):
		m.say(actionSudo, outcomeSuccess, noWord)
	default:
		m.say(actionSudo, noWord, noWord)
	}
}

// sudoValue returns the value of `KEY=value ;`; values may hold blanks.
func sudoValue(t []byte, key string) []byte {
	for from := 0; ; {
		i := indexOf(t[from:], key)
		if i < 0 {
			return nil
		}
		if i += from; i == 0 || t[i-1] == ' ' {
			v, _, _ := cut(t[i+len(key):], " ; ")
			return trimBlanks(v)
		}
		from = i + 1
	}
}

// su reads the messages of the several su programs (shadow, util-linux, BSD).
func (m *message) su(t []byte) {
	outcome := outcomeSuccess
	var target, user []byte
	switch {
	case hasPrefix(t, "Successful su for "):
		target, user, _ = cut(t[len("Successful su for "):], " by ")
	case hasPrefix(t, "FAILED su for "):
		outcome = outcomeFailure
		target, user, _ = cut(t[len("FAILED su for "):], " by ")
	case hasPrefix(t, "(to "), hasPrefix(t, "FAILED SU (to "):
		if t[0] == 'F' {
			outcome = outcomeFailure
		}
		_, rest, _ := cut(t, "(to ")
		target, user, _ = cut(rest, ") ")
		user, _, _ = cut(user, " on ")
	case hasPrefix(t, "'su "):
		who, rest, _ := cut(t[len("'su "):], "' ")
		target = who
		if hasPrefix(rest, "failed") {
			outcome = outcomeFailure
		}
		user, _ = between(rest, " for ", " on ")
	case hasPrefix(t, "+ "), hasPrefix(t, "- "):
		if t[0] == '-' {
			outcome = outcomeFailure
		}
		_, who, ok := cut(t[2:], " ")
		if !ok {
			return
		}
		if user, target, ok = cut(who, ":"); !ok {
			if user, target, ok = cut(who, "-"); !ok {
				return
			}
		}
	case hasPrefix(t, "BAD SU "):
		outcome = outcomeFailure
		user, target, _ = cut(t[len("BAD SU "):], " to ")
		target, _, _ = cut(target, " on ")
	case contains(t, " to ") && contains(t, " on /dev/"):
		user, target, _ = cut(t, " to ")
		target, _, _ = cut(target, " on ")
	default:
		return
	}
	m.user(user)
	m.set(TargetUser, target)
	reason := noWord
	if outcome == outcomeFailure {
		reason = reasonBadPassword
	}
	m.say(actionSu, outcome, reason)
}

// polkit reads the messages of polkitd and pkexec.
func (m *message) polkit(t []byte) {
	switch {
	case contains(t, " successfully authenticated as unix-user:"):
		target, _ := between(t, " authenticated as unix-user:", " ")
		m.set(TargetUser, target)
		m.say(actionSu, outcomeSuccess, noWord)
	case contains(t, " FAILED to authenticate"):
		m.say(actionSu, outcomeFailure, reasonBadPassword)
	case contains(t, ": Executing command ["), contains(t, ": Error executing command as another user: Not authorized ["):
		user, _, _ := cut(t, ": ")
		m.user(user)
		target, _ := between(t, "[USER=", "]")
		m.set(TargetUser, target)
		if _, command, ok := cut(t, "[COMMAND="); ok {
			if hasSuffix(command, "]") {
				command = command[:len(command)-1]
			}
			m.set(Command, command)
		}
		if contains(t, ": Executing command [") {
			m.say(actionSudo, outcomeSuccess, noWord)
		} else {
			m.say(actionSudo, outcomeFailure, reasonNotAllowed)
		}
	}
}
