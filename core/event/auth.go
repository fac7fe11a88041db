package event

import "bytes"

// What events of kind Auth say happened: the values of event.action. Compare
// the field's bytes with these constants.
const (
	ActionLogin   = "login"   // somebody tried to prove who he is; Outcome says how it went, absent in a remark on an attempt that another line reports
	ActionLogout  = "logout"  // a session ended
	ActionSession = "session" // a session began
	ActionSudo    = "sudo"    // a command under another name; Command holds it, TargetUser the name
	ActionSu      = "su"      // a change of identity; TargetUser holds the new one
	ActionCommand = "command" // a command that a scheduler ran for a user
	ActionAccount = "account" // an account or group was added, changed or removed; TargetUser holds it
	ActionConnect = "connect" // a connection without an attempt to log in
	ActionOther   = "other"   // any other line of a system log
)

// How it went: the values of event.outcome; absent where the line does not say.
const (
	OutcomeSuccess = "success"
	OutcomeFailure = "failure"
)

// Why: the values of event.reason; absent where the line does not say.
const (
	ReasonInvalidUser      = "invalid-user"      // no such account
	ReasonBadPassword      = "bad-password"      // account known or not told, password wrong
	ReasonBadKey           = "bad-key"           // public key, certificate or host key refused
	ReasonMaxAttempts      = "max-attempts"      // more tries than one connection may make
	ReasonPreauthClose     = "preauth-close"     // connection ended before anybody logged in
	ReasonNoIdentification = "no-identification" // client said nothing: a port scan's connection
	ReasonBadProtocol      = "bad-protocol"      // client speaks another protocol, or no common algorithm
	ReasonNotInSudoers     = "not-in-sudoers"    // sudo by somebody who may not use it
	ReasonNotAllowed       = "not-allowed"       // account locked, expired, or barred by the configuration
	ReasonRootLogin        = "root-login"        // direct login of root, allowed or refused
	ReasonReverseMapping   = "reverse-mapping"   // client's name and address contradict each other
	ReasonRepeated         = "repeated"          // summary of further failures; Repeats counts them
	ReasonUserAdded        = "user-added"        // account or group created
	ReasonUserChanged      = "user-changed"      // account or group changed: groups, shell, expiry
	ReasonUserRemoved      = "user-removed"      // account or group deleted
	ReasonPasswordChanged  = "password-changed"  // password set
)

// program is what wrote a message, as far as its messages are understood.
type program uint8

const (
	programOther program = iota
	programSSHD
	programDropbear
	programSudo
	programSu
	programLogin
	programLogind
	programPolkit
	programAccount // useradd and its relatives
	programCron
	programDovecot
	programPostfix
	programCyrus
	programVsftpd
	programProFTPD
	programPureFTPD
	programFTPD
	programInetd // xinetd, and servers that log as TCP wrappers do
)

// setProgram sets the process and what reads its messages. A path counts as its last part.
func (m *message) setProgram(name []byte) {
	if name[0] == '/' {
		if i := bytes.LastIndexByte(name, '/'); i+1 < len(name) {
			name = name[i+1:]
		}
	}
	m.set(Process, name)
	if hasPrefix(name, "in.") {
		name = name[len("in."):]
	}
	if i := bytes.IndexByte(name, '/'); i > 0 && hasPrefix(name, "postfix") {
		name = name[:i]
	}
	switch string(name) {
	case "sshd", "sshd-session", "sshd-auth":
		m.program = programSSHD
	case "dropbear":
		m.program = programDropbear
	case "sudo":
		m.program = programSudo
	case "su", "su-l":
		m.program = programSu
	case "login", "remote", "gdm", "kdm", "lightdm", "gdm-password", "gdm-binary", "klogind", "rlogind", "rshd", "rexecd", "kshd":
		m.program = programLogin
	case "systemd-logind", "elogind":
		m.program = programLogind
	case "polkitd", "pkexec", "polkit-agent-helper-1":
		m.program = programPolkit
	case "useradd", "adduser", "usermod", "userdel", "groupadd", "groupmod", "groupdel", "passwd", "chpasswd", "chage", "chfn", "chsh", "gpasswd", "newusers":
		m.program = programAccount
	case "cron", "CRON", "crond", "crontab", "anacron", "fcron":
		m.program = programCron
	case "dovecot", "imap-login", "pop3-login", "managesieve-login", "submission-login":
		m.program = programDovecot
	case "postfix", "postfix-submission":
		m.program = programPostfix
	case "imap", "imaps", "imapd", "pop3", "pop3s", "pop3d", "lmtp", "sieve", "cyrus":
		m.program = programCyrus
	case "vsftpd":
		m.program = programVsftpd
	case "proftpd":
		m.program = programProFTPD
	case "pure-ftpd":
		m.program = programPureFTPD
	case "ftpd", "tnftpd", "wu-ftpd":
		m.program = programFTPD
	case "xinetd", "inetd", "telnetd", "rsync", "rsyncd", "portmap", "tcpd", "fingerd":
		m.program = programInetd
	}
}

// read fills the event from the message behind the tag.
func (m *message) read(t []byte) {
	t = trimBlanks(t)
	m.set(Message, t)
	m.say(actionOther, noWord, noWord)
	if n, inner := repeated(t); n > 0 {
		m.e.Num[Repeats] = n
		t = inner
	}
	if len(m.module) > 0 && hasPrefix(m.module, "pam_") && m.pam(t, nil) {
		return
	}
	if hasPrefix(t, "pam_") || hasPrefix(t, "PAM-") {
		if service, rest, ok := pamPrefix(t); ok {
			m.pam(rest, service)
			return
		}
	}
	switch m.program {
	case programSSHD:
		m.sshd(t)
	case programDropbear:
		m.dropbear(t)
	case programSudo:
		m.sudo(t)
	case programSu:
		m.su(t)
	case programLogin:
		m.login(t)
	case programLogind:
		m.logind(t)
	case programPolkit:
		m.polkit(t)
	case programAccount:
		m.account(t)
	case programCron:
		m.cron(t)
	case programDovecot:
		m.dovecot(t)
	case programPostfix:
		m.postfix(t)
	case programCyrus:
		m.cyrus(t)
	case programVsftpd:
		m.vsftpd(t)
	case programProFTPD:
		m.proftpd(t)
	case programPureFTPD:
		m.pureftpd(t)
	case programFTPD:
		m.ftpd(t)
	case programInetd:
		m.inetd(t)
	}
}

// repeated reads rsyslog's `message repeated 5 times: [ text]` and syslogd's
// `last message repeated 5 times`; n is 0 for any other text.
func repeated(t []byte) (n float64, inner []byte) {
	rest, ok := cutPrefix(t, "message repeated ")
	if !ok {
		if rest, ok = cutPrefix(t, "last message repeated "); !ok {
			return 0, t
		}
	}
	n, d := digitsAt(rest, 0)
	rest = rest[d:]
	if d == 0 || !hasPrefix(rest, " times") && !hasPrefix(rest, " time") {
		return 0, t
	}
	// The text may hold brackets itself: the last one closes.
	if from, to := bytes.IndexByte(rest, '['), bytes.LastIndexByte(rest, ']'); from >= 0 && from < to {
		return n, trimBlanks(rest[from+1 : to])
	}
	return n, nil
}
