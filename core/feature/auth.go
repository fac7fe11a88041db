package feature

import (
	"github.com/tiercel/tiercel/core/event"
)

// Stateless columns of auth events.
const (
	authAction  = 0
	authSuccess = authAction + len(authActions)
	authFailure = authSuccess + 1
	authReason  = authFailure + 1
	authProgram = authReason + len(authReasons)
	authRoot    = authProgram + int(numPrograms)
	authDefault = authRoot + 1
	authOddUser = authDefault + 1
	authToRoot  = authOddUser + 1
	authSource  = authToRoot + 1
	authRepeats = authSource + 1
	authCommand = authRepeats + 1
	authLength  = authCommand + numCommand
	numAuth     = authLength + 1
)

var authActions = [...]string{
	event.ActionLogin, event.ActionLogout, event.ActionSession, event.ActionSudo, event.ActionSu,
	event.ActionCommand, event.ActionAccount, event.ActionConnect, event.ActionOther,
}

var authReasons = [...]string{
	event.ReasonInvalidUser, event.ReasonBadPassword, event.ReasonBadKey, event.ReasonMaxAttempts,
	event.ReasonPreauthClose, event.ReasonNoIdentification, event.ReasonBadProtocol, event.ReasonNotInSudoers,
	event.ReasonNotAllowed, event.ReasonRootLogin, event.ReasonReverseMapping, event.ReasonRepeated,
	event.ReasonUserAdded, event.ReasonUserChanged, event.ReasonUserRemoved, event.ReasonPasswordChanged,
}

// program is a family of processes that write auth events.
type program uint8

const (
	programSSH program = iota
	programPrivilege
	programMail
	programFTP
	programConsole
	programScheduler
	programAccounts
	programWindows
	programOther
	numPrograms
)

var programNames = [numPrograms]string{"ssh", "privilege", "mail", "ftp", "console", "scheduler", "accounts", "windows", "other"}

// Auth encodes logins, changes of identity and the commands they ran: what was
// done, how it went, why, by what family of program, as what sort of user, and
// what a command is known for. Texts of messages are not read: they do not
// transfer between services (AUROC .47), what a parser extracts does. Whether
// the source is of this network is no feature either: which side is benign is a
// habit of each site, and an intruder who moves on is inside.
//
// It is immutable and safe for concurrent use.
type Auth struct{ schema *Schema }

var _ Encoder = (*Auth)(nil)

// NewAuth returns the encoder of auth events.
func NewAuth() *Auth {
	names := make([]string, numAuth)
	for i, a := range authActions {
		names[authAction+i] = "action." + a
	}
	names[authSuccess], names[authFailure] = "outcome.success", "outcome.failure"
	for i, r := range authReasons {
		names[authReason+i] = "reason." + r
	}
	for i, p := range programNames {
		names[authProgram+i] = "program." + p
	}
	names[authRoot] = "user.privileged"  // root, administrator ...
	names[authDefault] = "user.default"  // names that come with products and that guessers try first
	names[authOddUser] = "user.odd"      // a user name with characters that accounts do not have
	names[authToRoot] = "target.root"    // sudo or su to root
	names[authSource] = "source.present" // the record names where it came from
	names[authRepeats] = "repeats"       // log1p of how many like events the record stands for
	copy(names[authCommand:], commandNames[:])
	names[authLength] = "command.length" // log1p of characters; NaN without a command
	return &Auth{schema(event.Auth, names)}
}

// Schema returns the columns.
func (a *Auth) Schema() *Schema { return a.schema }

// Encode implements Encoder; rows have no values.
func (a *Auth) Encode(dst *Batch, obs *[]Observation, b *event.Batch, s *Scratch) {
	prepare(dst, obs, len(b.Events), len(a.schema.Names))
	for i := range b.Events {
		dst.Texts.endRow()
		if e := &b.Events[i]; readableEvent(e, event.Auth) {
			encodeAuth(dst.Row(i), &(*obs)[i], b, e, s)
		}
	}
}

// mostRepeats bounds how many failures one record may count as.
const mostRepeats = 1000

func encodeAuth(row []float32, o *Observation, b *event.Batch, e *event.Event, s *Scratch) {
	for i := range row[:authCommand] {
		row[i] = 0
	}
	action := b.Text(e, event.Action)
	for i, a := range authActions {
		row[authAction+i] = flag(string(action) == a)
	}
	success := string(b.Text(e, event.Outcome)) == event.OutcomeSuccess
	failure := string(b.Text(e, event.Outcome)) == event.OutcomeFailure
	row[authSuccess], row[authFailure] = flag(success), flag(failure)
	reason := b.Text(e, event.Reason)
	for i, r := range authReasons {
		row[authReason+i] = flag(string(reason) == r)
	}
	row[authProgram+int(programOf(b.Text(e, event.Process)))] = 1

	s.buf = lowerName(s.buf[:0], head(b.Text(e, event.UserName), maxUser))
	user := s.buf
	row[authRoot] = flag(privileged(user))
	row[authDefault] = flag(defaultUser(user))
	row[authOddUser] = flag(oddUser(user))
	switch string(b.Text(e, event.TargetUser)) {
	case "root", "0":
		row[authToRoot] = 1
	}
	row[authSource] = flag(e.Text[event.SourceIP].Len != 0)
	repeats := e.Num[event.Repeats]
	if !(repeats > 1) {
		repeats = 1
	}
	row[authRepeats] = logOf(repeats)

	o.Kind, o.Time = event.Auth, e.Time
	o.Peer = hashOf(b, e, event.HostName)
	if len(user) > 0 {
		o.Item = Hash64(user)
	}
	o.Flags = authFlags(action, reason, success, failure)
	// Who is judged: where it came from; where the log does not say, the user or
	// else the host, but for what somebody did himself: a scheduler's session
	// of root is not about whoever failed to become root.
	switch {
	case e.Text[event.SourceIP].Len != 0:
		o.Entity = hashOf(b, e, event.SourceIP)
	case o.Flags&(FlagLogin|FlagPrivileged) == 0 && e.Text[event.Command].Len == 0:
	case o.Item != 0:
		o.Entity = o.Item
	default:
		o.Entity = o.Peer
	}
	if pid := e.Num[event.ProcessID]; pid > 0 {
		o.Service = HashPair(uint64(pid), o.Peer+1)
		o.Report = reportOf(b.Text(e, event.Message), reason)
	}
	o.Length = float32(min(repeats, mostRepeats))
	if row[authRoot] != 0 && o.Flags&FlagLogin != 0 {
		o.Flags |= FlagPrivileged
	}

	if command := head(b.Text(e, event.Command), maxCommandLine); len(command) > 0 {
		s.buf = lowerName(s.buf[:0], command)
		groups := commandGroups(s.buf)
		for i := range numCommand {
			row[authCommand+i] = flag(groups>>i&1 != 0)
		}
		row[authLength] = logOf(float64(len(command)))
		o.Flags |= FlagWrite
	}
}

// reportOf tells the lines apart that a process writes about one failure:
//
//	0  Invalid user admin from 203.0.113.9
//	1  pam_unix(sshd:auth): authentication failure; ... rhost=203.0.113.9
//	2  Failed password for invalid user admin from 203.0.113.9 port 51122 ssh2
//	3  error: maximum authentication attempts exceeded ...
//
// Which of them a log has depends on how the host is set up, so none can be
// ignored and all together must count once: see Context.
func reportOf(message, reason []byte) uint8 {
	switch {
	case string(reason) == event.ReasonMaxAttempts:
		return 3
	case len(message) < 6:
		return 0
	}
	switch string(message[:3]) {
	case "pam", "PAM":
		return 1
	}
	switch string(message[:6]) {
	case "Failed", "FAILED", "messag": // message repeated 3 times: [ Failed password ...
		return 2
	}
	return 0
}

// authFlags says what happened. Only an action with an outcome is an attempt.
func authFlags(action, reason []byte, success, failure bool) (flags uint32) {
	switch string(action) {
	case event.ActionLogin:
		if success || failure {
			flags |= FlagLogin
		}
	case event.ActionSudo, event.ActionSu:
		flags |= FlagPrivileged
	case event.ActionConnect:
		flags |= FlagAnswerless
	}
	if success {
		flags |= FlagSuccess
	}
	if failure {
		flags |= FlagFailed
	}
	switch string(reason) {
	case event.ReasonInvalidUser:
		flags |= FlagMissing
	case event.ReasonNotAllowed, event.ReasonNotInSudoers:
		flags |= FlagDenied
	}
	return flags
}

// maxUser bounds how much of a user name is read.
const maxUser = 256

func head(text []byte, n int) []byte { return text[:min(len(text), n)] }

func privileged(user []byte) bool {
	switch string(user) {
	case "root", "toor", "admin", "administrator", "system", "wheel", "sa":
		return true
	}
	return false
}

// defaultUser reports whether a user name comes with a product or is one that
// guessers try first: the heads of the lists that ssh honeypots record.
func defaultUser(user []byte) bool {
	switch string(user) {
	case "test", "tester", "testuser", "guest", "user", "user1", "demo", "support", "info", "web", "www", "www-data", "ftp", "ftpuser", "anonymous",
		"oracle", "postgres", "mysql", "redis", "mongodb", "elastic", "hadoop", "spark", "tomcat", "jenkins", "git", "svn", "nagios", "zabbix", "backup",
		"ubuntu", "debian", "centos", "ec2-user", "pi", "ubnt", "cisco", "vagrant", "ansible", "deploy", "docker", "minecraft", "steam", "teamspeak", "ts3",
		"default", "operator", "service", "monitor", "supervisor", "nobody", "daemon", "bin", "mail", "adm", "student", "temp", "a", "1", "0", "123456":
		return true
	}
	return false
}

// oddUser reports whether a user name has characters that accounts do not have.
func oddUser(user []byte) bool {
	for _, c := range user {
		if !(c-'0' < 10 || c-'a' < 26 || c >= 0x80) {
			switch c {
			case '.', '-', '_', '@', '$', '\\', '+', ' ':
			default:
				return true
			}
		}
	}
	return false
}

// programOf returns the family of a process.
func programOf(name []byte) program {
	for i, c := range name {
		if c == '/' && i > 0 { // postfix/smtpd
			name = name[:i]
			break
		}
	}
	switch string(name) {
	case "sshd", "sshd-session", "sshd-auth", "dropbear", "cowrie":
		return programSSH
	case "sudo", "su", "su-l", "pkexec", "polkitd", "doas":
		return programPrivilege
	case "dovecot", "postfix", "imap-login", "pop3-login", "imapd", "pop3d", "cyrus", "exim", "sendmail", "saslauthd", "imap", "pop3":
		return programMail
	case "vsftpd", "proftpd", "pure-ftpd", "ftpd":
		return programFTP
	case "login", "gdm", "kdm", "lightdm", "gdm-password", "systemd-logind", "telnetd", "in.telnetd", "xrdp-sesman", "systemd":
		return programConsole
	case "cron", "CRON", "crond", "anacron", "atd":
		return programScheduler
	case "useradd", "usermod", "userdel", "groupadd", "groupmod", "groupdel", "passwd", "chpasswd", "chage", "chfn", "chsh", "gpasswd":
		return programAccounts
	case "Security", "Microsoft-Windows-Security-Auditing", "Microsoft-Windows-Sysmon", "lsass.exe", "winlogon.exe":
		return programWindows
	}
	return programOther
}
