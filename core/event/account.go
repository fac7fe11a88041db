package event

import "bytes"

// account reads the messages of useradd, usermod, userdel, groupadd, passwd and their relatives.
func (m *message) account(t []byte) {
	reason := noWord
	var target []byte
	switch {
	case hasPrefix(t, "new user: "), hasPrefix(t, "new group: "), hasPrefix(t, "group added to "):
		reason = reasonUserAdded
		target = nameOf(t)
	case hasPrefix(t, "failed adding user "), hasPrefix(t, "failed adding group "):
		_, target, _ = cut(t[len("failed adding "):], " ")
		target, _, _ = cut(target, ",")
		m.set(TargetUser, unquoted(target))
		m.say(actionAccount, outcomeFailure, reasonUserAdded)
		return
	case hasPrefix(t, "delete user "), hasPrefix(t, "removed group "), hasPrefix(t, "group ") && contains(t, " removed"), hasPrefix(t, "delete '"):
		reason = reasonUserRemoved
		target = quotedOf(t)
	case hasPrefix(t, "password for ") && contains(t, " changed by "):
		reason = reasonPasswordChanged
		target = quotedOf(t)
		_, by, _ := cut(t, " changed by ")
		m.user(unquoted(by))
	case hasPrefix(t, "change user '"), hasPrefix(t, "add '"), hasPrefix(t, "changed password expiry for "), hasPrefix(t, "changed user "),
		hasPrefix(t, "lock user "), hasPrefix(t, "unlock user "):
		if target = quotedOf(t); len(target) == 0 {
			_, target, _ = cut(t, " for ")
		}
		reason = reasonUserChanged
		if hasPrefix(t, "change user '") && hasSuffix(t, "' password") {
			reason = reasonPasswordChanged
		}
	case hasPrefix(t, "user ") && contains(t, " added by "), hasPrefix(t, "user ") && contains(t, " removed by "): // gpasswd
		reason = reasonUserChanged
		target = t[len("user "):][:fieldEnd(t[len("user "):], 0)]
		by, _ := between(t, " by ", " ")
		m.user(by)
	default:
		return
	}
	m.set(TargetUser, target)
	m.say(actionAccount, outcomeSuccess, reason)
}

// nameOf returns the value of `name=alice,`.
func nameOf(t []byte) []byte {
	name, _, _ := cut(value(t, "name="), ",")
	return name
}

// quotedOf returns what stands between the first quotes.
func quotedOf(t []byte) []byte {
	q := bytes.IndexAny(t, `'"`)
	if q < 0 {
		return nil
	}
	end := bytes.IndexByte(t[q+1:], t[q])
	if end < 0 {
		return nil
	}
	return t[q+1 : q+1+end]
}

// cron reads `(alice) CMD (/usr/bin/backup)`.
func (m *message) cron(t []byte) {
	if len(t) == 0 || t[0] != '(' {
		return
	}
	user, rest, ok := cut(t[1:], ") ")
	if !ok {
		return
	}
	m.user(user)
	command, ok := cutPrefix(rest, "CMD (")
	if !ok {
		return
	}
	if hasSuffix(command, ")") {
		command = command[:len(command)-1]
	}
	m.set(Command, trimBlanks(command))
	m.say(actionCommand, noWord, noWord)
}
