package feature

// Groups of what a command line does; each is a column of auth.
const (
	commandCredentials = iota
	commandAccounts
	commandDownload
	commandRemoteShell
	commandEncoded
	commandHidden
	commandTemporary
	commandPermission
	commandDefence
	commandPersist
	commandRecon
	numCommand
)

var commandNames = [numCommand]string{
	commandCredentials: "command.credentials",  // reads or plants passwords and keys (T1003, T1098)
	commandAccounts:    "command.accounts",     // adds or changes accounts (T1136)
	commandDownload:    "command.download",     // fetches a file from an address or into a shell (T1105)
	commandRemoteShell: "command.remote_shell", // hands a shell to the network (T1059)
	commandEncoded:     "command.encoded",      // unpacks something encoded (T1027)
	commandHidden:      "command.hidden",       // removes history or logs (T1070)
	commandTemporary:   "command.temporary",    // runs what lies in a temporary folder (T1059)
	commandPermission:  "command.permission",   // opens permissions wide or sets the user id (T1222, T1548)
	commandDefence:     "command.defence",      // stops firewalls and protection (T1562)
	commandPersist:     "command.persist",      // starts itself again later (T1053, T1543)
	commandRecon:       "command.recon",        // looks around as a newcomer does (T1082, T1033)
}

// commandMarker is a text that says what a command does.
type commandMarker struct {
	group int
	text  string // lower case
	word  bool   // begins and ends where words do
}

// commandMarkers were collected from the sessions of ssh honeypots and from
// what administrators type through sudo: an editor, a package manager or a
// service that is restarted sets none of them.
var commandMarkers = [...]commandMarker{
	{commandCredentials, "/etc/shadow", false},
	{commandCredentials, "/etc/gshadow", false},
	{commandCredentials, "/etc/sudoers", false},
	{commandCredentials, "authorized_keys", false},
	{commandCredentials, "/.ssh/id_", false},
	{commandCredentials, "/.aws/credentials", false},
	{commandCredentials, "mimipenguin", false},
	{commandCredentials, "unshadow", true},
	{commandAccounts, "useradd", true},
	{commandAccounts, "adduser", true},
	{commandAccounts, "usermod", true},
	{commandAccounts, "chpasswd", true},
	{commandAccounts, "net user", true},
	{commandDownload, "wget http", false},
	{commandDownload, "tftp", true},
	{commandDownload, "ftpget", true},
	{commandDownload, "curl -o http", false},
	{commandDownload, "curl http://", false},
	{commandDownload, "wget -c http", false},
	{commandDownload, "wget -q", false},
	{commandDownload, "| sh", true},
	{commandDownload, "|sh", true},
	{commandDownload, "| bash", true},
	{commandDownload, "|bash", true},
	{commandRemoteShell, "nc -e", true},
	{commandRemoteShell, "ncat -e", true},
	{commandRemoteShell, "nc -l", false},
	{commandRemoteShell, "/dev/tcp/", false},
	{commandRemoteShell, "bash -i", true},
	{commandRemoteShell, "sh -i", true},
	{commandRemoteShell, "pty.spawn", false},
	{commandRemoteShell, "socket.socket", false},
	{commandRemoteShell, "mkfifo", true},
	{commandRemoteShell, "socat", true},
	{commandEncoded, "base64 -d", false},
	{commandEncoded, "base64 --decode", false},
	{commandEncoded, "b64decode", false},
	{commandEncoded, "xxd -r", false},
	{commandEncoded, "openssl enc -d", false},
	{commandEncoded, "\\x", false},
	{commandHidden, "history -c", false},
	{commandHidden, "history -n", false},
	{commandHidden, "histfile", false},
	{commandHidden, "histsize=0", false},
	{commandHidden, ".bash_history", false},
	{commandHidden, "rm -f /var/log", false},
	{commandHidden, "rm -rf /var/log", false},
	{commandHidden, "> /var/log", false},
	{commandHidden, "shred", true},
	{commandHidden, "> /dev/null 2>&1 &", false},
	{commandTemporary, "cd /tmp", true},
	{commandTemporary, "cd /var/tmp", true},
	{commandTemporary, "cd /dev/shm", true},
	{commandTemporary, ";/tmp/", false},
	{commandTemporary, "sh /tmp/", false},
	{commandTemporary, "/dev/shm/", false},
	{commandPermission, "chmod 777", false},
	{commandPermission, "chmod 0777", false},
	{commandPermission, "chmod -r 777", false},
	{commandPermission, "chmod +s", false},
	{commandPermission, "chmod u+s", false},
	{commandPermission, "chmod 4755", false},
	{commandPermission, "chmod +x ./", false},
	{commandDefence, "iptables -f", false},
	{commandDefence, "iptables stop", false},
	{commandDefence, "ufw disable", false},
	{commandDefence, "setenforce 0", false},
	{commandDefence, "susefirewall2 stop", false},
	{commandDefence, "firewalld", true},
	{commandDefence, "stop auditd", false},
	{commandDefence, "auditctl -e 0", false},
	{commandPersist, "crontab -", false},
	{commandPersist, "/etc/cron", false},
	{commandPersist, "/etc/rc.local", false},
	{commandPersist, "chattr +i", false},
	{commandPersist, "ld.so.preload", false},
	{commandPersist, "/etc/systemd/system/", false},
	{commandRecon, "uname -a", false},
	{commandRecon, "/proc/cpuinfo", false},
	{commandRecon, "lscpu", true},
	{commandRecon, "whoami", true},
	{commandRecon, "/etc/passwd", false},
	{commandRecon, "free -m", false},
	{commandRecon, "nproc", true},
	{commandRecon, "busybox", true},
	{commandRecon, "find / -perm", false},
}

// maxCommandLine bounds how much of a command line is read.
const maxCommandLine = 4096

// markersByFirst holds commandMarkers by the first byte of their texts.
var markersByFirst = func() (t [256][]commandMarker) {
	for _, m := range commandMarkers {
		t[m.text[0]] = append(t[m.text[0]], m)
	}
	return t
}()

// commandGroups returns the groups that a lower-cased command belongs to, as bits.
func commandGroups(command []byte) (groups uint32) {
	for i, c := range command {
		list := markersByFirst[c]
		for k := range list {
			if m := &list[k]; groups&(1<<m.group) == 0 && m.at(command, i) {
				groups |= 1 << m.group
			}
		}
	}
	return groups
}

// at reports whether the marker stands at a place.
func (m *commandMarker) at(command []byte, i int) bool {
	if !hasPrefixAt(command, i, m.text) {
		return false
	}
	if !m.word {
		return true
	}
	end := i + len(m.text)
	return (i == 0 || !commandLetter(command[i-1]) || !commandLetter(m.text[0])) && (end == len(command) || !commandLetter(command[end]))
}

func commandLetter(c byte) bool { return c-'0' < 10 || c|0x20-'a' < 26 || c == '_' || c == '-' }
