package event

import (
	"strconv"
	"testing"
)

// authCases are messages and what they mean: "action outcome reason" and then
// the fields that are set, "from user>target [command] xREPEATS".
var authCases = []struct{ name, line, want string }{
	{"failed password", "sshd[1]: Failed password for root from 192.0.2.1 port 4242 ssh2", "login failure bad-password from=192.0.2.1 user=root"},
	{"failed password of an invalid user", "sshd[1]: Failed password for invalid user web master from 192.0.2.1 port 4242 ssh2", "login failure invalid-user from=192.0.2.1 user=web master"},
	{"failed password, old words", "sshd[1]: Failed password for illegal user bob from ::ffff:192.0.2.1 port 4242 ssh2", "login failure invalid-user from=192.0.2.1 user=bob"},
	{"empty user", "sshd[1]: Failed none for invalid user  from 2001:db8::1 port 4242 ssh2", "login failure invalid-user from=2001:db8::1"},
	{"failed key", "sshd[1]: Failed publickey for bob from 192.0.2.1 port 4242 ssh2: RSA SHA256:abc", "login failure bad-key from=192.0.2.1 user=bob"},
	{"forged source in the user name", "sshd[1]: Failed password for invalid user x from 198.51.100.9 port 1 ssh2 from 192.0.2.1 port 4242 ssh2", "login failure invalid-user from=192.0.2.1 user=x from 198.51.100.9 port 1 ssh2"},
	{"message repeated", "sshd[1]: message repeated 5 times: [ Failed password for root from 192.0.2.1 port 4242 ssh2]", "login failure bad-password from=192.0.2.1 user=root x5"},
	{"last message repeated", "last message repeated 3 times", "other x3"},
	{"accepted password", "sshd[1]: Accepted password for ann from 192.0.2.1 port 4242 ssh2", "login success from=192.0.2.1 user=ann"},
	{"accepted key of root", "sshd[1]: Accepted publickey for root from 192.0.2.1 port 4242 ssh2: RSA SHA256:abc", "login success root-login from=192.0.2.1 user=root"},
	{"invalid user", "sshd[1]: Invalid user admin from 192.0.2.1 port 4242", "login failure invalid-user from=192.0.2.1 user=admin"},
	{"invalid user, empty", "sshd[1]: Invalid user  from 192.0.2.1", "login failure invalid-user from=192.0.2.1"},
	{"remark on an invalid user", "sshd[1]: input_userauth_request: invalid user admin [preauth]", "login invalid-user user=admin"},
	{"connection closed", "sshd[1]: Connection closed by 192.0.2.1 port 4242 [preauth]", "connect preauth-close from=192.0.2.1"},
	{"connection closed, user", "sshd[1]: Connection closed by authenticating user root 192.0.2.1 port 4242 [preauth]", "connect preauth-close from=192.0.2.1 user=root"},
	{"connection closed, empty user", "sshd[1]: Connection closed by invalid user  192.0.2.1 port 4242 [preauth]", "connect preauth-close from=192.0.2.1"},
	{"connection reset", "sshd[1]: Connection reset by 192.0.2.1 [preauth]", "connect preauth-close from=192.0.2.1"},
	{"received disconnect", "sshd[1]: Received disconnect from 192.0.2.1: 11: Bye Bye [preauth]", "connect preauth-close from=192.0.2.1"},
	{"received disconnect with port", "sshd[1]: error: Received disconnect from 192.0.2.1 port 4242:3: com.jcraft.jsch.JSchException: Auth fail [preauth]", "connect preauth-close from=192.0.2.1"},
	{"disconnected by user", "sshd[1]: Received disconnect from 192.0.2.1 port 4242:11: disconnected by user", "logout from=192.0.2.1"},
	{"disconnected", "sshd[1]: Disconnected from user ann 192.0.2.1 port 4242", "logout from=192.0.2.1 user=ann"},
	{"disconnected, old words", "sshd[1]: Disconnected from 192.0.2.1 port 4242", "logout from=192.0.2.1"},
	{"disconnected before login", "sshd[1]: Disconnected from 192.0.2.1 port 4242 [preauth]", "connect preauth-close from=192.0.2.1"},
	{"disconnecting", "sshd[1]: Disconnecting: Too many authentication failures for root [preauth]", "login failure max-attempts user=root"},
	{"disconnecting, new words", "sshd[1]: Disconnecting authenticating user root 192.0.2.1 port 4242: Too many authentication failures [preauth]", "login failure max-attempts from=192.0.2.1 user=root"},
	{"change of user name", "sshd[1]: Disconnecting: Change of username or service not allowed: (admin,ssh-connection) -> (user,ssh-connection) [preauth]", "connect preauth-close user=admin"},
	{"no identification", "sshd[1]: Did not receive identification string from 192.0.2.1 port 4242", "connect no-identification from=192.0.2.1"},
	{"maximum attempts", "sshd[1]: error: maximum authentication attempts exceeded for invalid user admin from 192.0.2.1 port 4242 ssh2 [preauth]", "login failure max-attempts from=192.0.2.1 user=admin"},
	{"more failures", "sshd[1]: PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root", "login failure repeated from=192.0.2.1 user=root x5"},
	{"ignoring max retries", "sshd[1]: PAM service(sshd) ignoring max retries; 6 > 3", "login max-attempts"},
	{"reverse mapping", "sshd[1]: reverse mapping checking getaddrinfo for host.example.net [192.0.2.1] failed - POSSIBLE BREAK-IN ATTEMPT!", "connect reverse-mapping from=192.0.2.1"},
	{"does not map back", "sshd[1]: Address 192.0.2.1 maps to host.example.net, but this does not map back to the address - POSSIBLE BREAK-IN ATTEMPT!", "connect reverse-mapping from=192.0.2.1"},
	{"negotiation", "sshd[1]: Unable to negotiate with 192.0.2.1 port 4242: no matching key exchange method found. [preauth]", "connect bad-protocol from=192.0.2.1"},
	{"bad protocol version", "sshd[1]: Bad protocol version identification 'GET / HTTP/1.1' from 192.0.2.1 port 4242", "connect bad-protocol from=192.0.2.1"},
	{"not allowed", "sshd[1]: User bob from 192.0.2.1 not allowed because not listed in AllowUsers", "login failure not-allowed from=192.0.2.1 user=bob"},
	{"root refused", "sshd[1]: ROOT LOGIN REFUSED FROM 192.0.2.1 port 4242", "login failure root-login from=192.0.2.1 user=root"},
	{"reset while reading", "sshd[1]: fatal: Read from socket failed: Connection reset by peer [preauth]", "connect preauth-close"},
	{"listening", "sshd[1]: Server listening on 0.0.0.0 port 22.", "other"},

	{"too many from", "sshd[1]: Disconnecting: Too many authentication failures for invalid user admin from 192.0.2.1 port 4242 ssh2 [preauth]", "login failure max-attempts from=192.0.2.1 user=admin"},
	{"starting session", "sshd[1]: Starting session: shell on pts/0 for ann from 192.0.2.1 port 4242 id 0", "session success from=192.0.2.1 user=ann"},
	{"user not known to PAM", "sshd[1]: error: PAM: User not known to the underlying authentication module for illegal user bob from 192.0.2.1", "login failure invalid-user from=192.0.2.1 user=bob"},
	{"authentication failure by PAM", "sshd[1]: error: PAM: Authentication failure for root from 192.0.2.1", "login failure bad-password from=192.0.2.1 user=root"},

	{"dropbear", "dropbear[1]: Bad password attempt for 'root' from 192.0.2.1:4242", "login failure bad-password from=192.0.2.1 user=root"},
	{"dropbear no user", "dropbear[1]: Login attempt for nonexistent user from 192.0.2.1:4242", "login failure invalid-user from=192.0.2.1"},
	{"dropbear login", "dropbear[1]: Password auth succeeded for 'root' from 192.0.2.1:4242", "login success root-login from=192.0.2.1 user=root"},
	{"dropbear exit", "dropbear[1]: Exit before auth from <192.0.2.1:4242>: (user 'root', 3 fails): Max auth tries reached", "connect preauth-close from=192.0.2.1 user=root"},

	{"PAM failure", "sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root", "login failure bad-password from=192.0.2.1 user=root"},
	{"PAM failure, host name, no user", "sshd(pam_unix)[1]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=220-135.hinet-ip.example.net ", "login failure invalid-user from=220-135.hinet-ip.example.net"},
	{"PAM unknown user", "sshd(pam_unix)[1]: check pass; user unknown", "login invalid-user"},
	{"PAM session", "sshd[1]: pam_unix(sshd:session): session opened for user ann(uid=1000) by (uid=0)", "session success user=ann"},
	{"PAM session closed", "sshd(pam_unix)[1]: session closed for user ann", "logout user=ann"},
	{"PAM session of sudo", "sudo: pam_unix(sudo:session): session opened for user root by ann(uid=0)", "session success user=ann target=root"},
	{"PAM failure of su", "su: pam_unix(su:auth): authentication failure; logname=ann uid=1000 euid=0 tty=pts/0 ruser=ann rhost=  user=root", "su failure bad-password user=ann target=root"},
	{"PAM failure of vsftpd", "vsftpd: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bob rhost=192.0.2.1", "login failure invalid-user from=192.0.2.1 user=bob"},
	{"PAM password change", "passwd[1]: pam_unix(passwd:chauthtok): password changed for ann", "account success password-changed target=ann"},
	{"PAM requirement", "sshd[1]: pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"", "login failure not-allowed user=root"},
	{"PAM other", "sshd[1]: pam_systemd(sshd:session): Failed to create session", "other"},

	{"sudo", "sudo:      ann : TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/bin/cat /etc/shadow", "sudo success user=ann target=root [/bin/cat /etc/shadow]"},
	{"sudo wrong password", "sudo:      ann : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id", "sudo failure bad-password user=ann target=root [/bin/id] x3"},
	{"sudo not in sudoers", "sudo:      ann : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id", "sudo failure not-in-sudoers user=ann target=root [/bin/id]"},
	{"sudo not allowed", "sudo:      ann : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id", "sudo failure not-allowed user=ann target=root [/bin/id]"},
	{"su", "su[1]: Successful su for root by ann", "su success user=ann target=root"},
	{"su failed", "su[1]: FAILED su for root by ann", "su failure bad-password user=ann target=root"},
	{"su quoted", "su: 'su root' failed for ann on /dev/pts/1", "su failure bad-password user=ann target=root"},
	{"su with a sign", "su[1]: + /dev/pts/0 ann:root", "su success user=ann target=root"},
	{"su to", "su: (to root) ann on pts/0", "su success user=ann target=root"},
	{"su bad", "su: BAD SU ann to root on /dev/ttyp0", "su failure bad-password user=ann target=root"},
	{"pkexec", "pkexec[1]: ann: Executing command [USER=root] [TTY=unknown] [CWD=/home/ann] [COMMAND=/usr/bin/id]", "sudo success user=ann target=root [/usr/bin/id]"},
	{"pkexec session", "pkexec: pam_unix(polkit-1:session): session opened for user root(uid=0) by ann(uid=1000)", "session success user=ann target=root"},
	{"polkit", "polkitd(authority=local): Operator of unix-session:1 successfully authenticated as unix-user:root to gain ONE-SHOT authorization", "su success target=root"},

	{"root login", "login[1]: ROOT LOGIN  on '/dev/tty1' from '192.0.2.1'", "login success root-login from=192.0.2.1 user=root"},
	{"failed login", "login[1]: FAILED LOGIN (1) on '/dev/tty1' FOR 'bob', Authentication failure", "login failure bad-password user=bob"},
	{"failed login from", "login[1]: FAILED LOGIN 2 FROM 192.0.2.1 FOR bob, User not known to the underlying authentication module", "login failure invalid-user from=192.0.2.1 user=bob"},
	{"login on", "login: LOGIN ON tty1 BY ann FROM 192.0.2.1", "login success from=192.0.2.1 user=ann"},
	{"klogind", "klogind[1]: Authentication failed from 192.0.2.1 (192.0.2.1): Permission denied in replay cache code", "login failure from=192.0.2.1"},
	{"logind", "systemd-logind[1]: New session 12 of user ann.", "session success user=ann"},
	{"logind removed", "systemd-logind[1]: Removed session 12.", "logout"},

	{"useradd", "useradd[1]: new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/sh", "account success user-added target=bob"},
	{"usermod", "usermod[1]: add 'bob' to group 'sudo'", "account success user-changed target=bob"},
	{"userdel", "userdel[1]: delete user 'bob'", "account success user-removed target=bob"},
	{"chage", "chage[1]: changed password expiry for bob", "account success user-changed target=bob"},
	{"cron", "CRON[1]: (root) CMD (   cd / && run-parts /etc/cron.hourly)", "command user=root [cd / && run-parts /etc/cron.hourly]"},

	{"dovecot", "dovecot: imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid=9, TLS", "login success from=192.0.2.1 user=ann"},
	{"dovecot failed", "dovecot: pop3-login: Aborted login (auth failed, 3 attempts in 6 secs): user=<bob>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2", "login failure bad-password from=192.0.2.1 user=bob x3"},
	{"dovecot disconnected", "dovecot: imap-login: Disconnected (no auth attempts in 0 secs): user=<>, rip=192.0.2.1, lip=192.0.2.2", "connect preauth-close from=192.0.2.1"},
	{"dovecot worker", "dovecot: auth-worker(12): pam(bob,192.0.2.1): unknown user", "login failure invalid-user from=192.0.2.1 user=bob"},
	{"postfix", "postfix/smtpd[1]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6", "login failure bad-password from=192.0.2.1"},
	{"postfix login", "postfix/submission/smtpd[1]: 4Zx: client=host.example.net[192.0.2.1], sasl_method=PLAIN, sasl_username=ann", "login success from=192.0.2.1 user=ann"},
	{"postfix resolve", "postfix/smtpd[1]: warning: hostname host.example.net does not resolve to address 192.0.2.1: Name or service not known", "connect reverse-mapping from=192.0.2.1"},
	{"postfix lost", "postfix/smtpd[1]: lost connection after AUTH from unknown[192.0.2.1]", "connect preauth-close from=192.0.2.1"},
	{"cyrus", "imap[1]: badlogin: host.example.net [192.0.2.1] plaintext bob SASL(-13): authentication failure: checkpass failed", "login failure bad-password from=192.0.2.1 user=bob"},
	{"cyrus login", "imap[1]: login: host.example.net [192.0.2.1] ann plaintext User logged in", "login success from=192.0.2.1 user=ann"},

	{"vsftpd", `vsftpd[1]: [ann] OK LOGIN: Client "192.0.2.1"`, "login success from=192.0.2.1 user=ann"},
	{"vsftpd failed", `vsftpd[1]: [bob] FAIL LOGIN: Client "192.0.2.1"`, "login failure bad-password from=192.0.2.1 user=bob"},
	{"proftpd", "proftpd[1]: ftp.example.org (host[192.0.2.1]) - USER bob (Login failed): Incorrect password.", "login failure bad-password from=192.0.2.1 user=bob"},
	{"proftpd no user", "proftpd[1]: ftp.example.org (host[192.0.2.1]) - USER bob: no such user found from host [192.0.2.1] to 192.0.2.2:21", "login failure invalid-user from=192.0.2.1 user=bob"},
	{"proftpd login", "proftpd[1]: ftp.example.org (host[192.0.2.1]) - USER ann: Login successful.", "login success from=192.0.2.1 user=ann"},
	{"pure-ftpd", "pure-ftpd: (?@192.0.2.1) [WARNING] Authentication failed for user [bob]", "login failure bad-password from=192.0.2.1 user=bob"},
	{"pure-ftpd login", "pure-ftpd: (?@192.0.2.1) [INFO] ann is now logged in", "login success from=192.0.2.1 user=ann"},
	{"ftpd", "ftpd[1]: connection from 192.0.2.1 (host.example.net) at Sun Jul 10 07:24:24 2005", "connect from=192.0.2.1"},
	{"ftpd anonymous", "ftpd[1]: ANONYMOUS FTP LOGIN FROM host.example.net [192.0.2.1], guest@", "login success from=192.0.2.1 user=ANONYMOUS"},
	{"telnetd", "in.telnetd[1]: connect from 192.0.2.1 (192.0.2.1)", "connect from=192.0.2.1"},
	{"xinetd", "xinetd[1]: START: ftp pid=9 from=192.0.2.1", "connect from=192.0.2.1"},
	{"kernel", "kernel: eth0: link up", "other"},
}

func TestAuth(t *testing.T) {
	for _, c := range authCases {
		t.Run(c.name, func(t *testing.T) {
			b, e, err := parseLine(t, syslogParser{2005}, "Jun 14 15:16:01 web1 "+c.line)
			if err != nil {
				t.Fatal(err)
			}
			got := string(b.Text(e, Action))
			add := func(before string, f TextField, after string) {
				if s := b.Text(e, f); len(s) > 0 {
					got += " " + before + string(s) + after
				}
			}
			add("", Outcome, "")
			add("", Reason, "")
			add("from=", SourceIP, "")
			add("user=", UserName, "")
			add("target=", TargetUser, "")
			add("[", Command, "]")
			if n := e.Num[Repeats]; n == n {
				got += " x" + strconv.Itoa(int(n))
			}
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if string(b.Text(e, Message)) == "" {
				t.Error("no message")
			}
		})
	}
}

// Every word is an exported constant, and no two are equal.
func TestWords(t *testing.T) {
	seen := map[string]bool{}
	var b Batch
	b.Buf = append(b.Buf, "record"...)
	for w := word(1); w < numWords; w++ {
		text := string(b.Bytes(b.word(w)))
		if text == "" || seen[text] || text != words[w] {
			t.Errorf("word %d is %q", w, text)
		}
		seen[text] = true
	}
	b.Reset()
	if b.Buf = append(b.Buf, "x"...); string(b.Bytes(b.word(actionLogin))) != ActionLogin {
		t.Error("the vocabulary is not there after Reset")
	}
}

func TestSourcePort(t *testing.T) {
	_, e, err := parseLine(t, syslogParser{}, syslogFormat().Example)
	if err != nil || e.Num[SourcePort] != 51122 || e.Num[ProcessID] != 4242 {
		t.Errorf("port %v, pid %v, %v", e.Num[SourcePort], e.Num[ProcessID], err)
	}
}
