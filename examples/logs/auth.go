package main

import (
	"fmt"
	"slices"
	"time"
)

var people = []string{
	"anna", "peter", "mkuhn", "deploy", "lena", "jonas", "maria", "tom", "sofia", "felix", "clara", "paul", "emma", "ben", "laura",
	"david", "nina", "max", "julia", "simon", "eva", "lukas", "hanna", "oskar", "mila", "karl", "ida", "hugo", "ella", "theo",
}

// desk returns the address that a person comes from.
func desk(who string) string { return fmt.Sprintf("10.1.0.%d", 10+slices.Index(people, who)) }

// auth is a small server's syslog of who came in.
func auth() log {
	return log{
		name: "auth.log",
		normal: func(w *world) entry {
			at, who := w.moment(), pick(w, people)
			switch n := w.IntN(20); {
			case n < 6:
				return line(w, at, "sshd", fmt.Sprintf("Accepted publickey for %s from %s port %d ssh2: ED25519 SHA256:kq3v", who, desk(who), 40000+w.IntN(20000)))
			case n < 9:
				return line(w, at, "sshd", fmt.Sprintf("pam_unix(sshd:session): session opened for user %s(uid=100%d) by (uid=0)", who, w.IntN(5)))
			case n < 12:
				return line(w, at, "CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)")
			case n < 15:
				return line(w, at, "CRON", "pam_unix(cron:session): session closed for user root")
			case n < 17:
				return line(w, at, "sudo", fmt.Sprintf("   %s : TTY=pts/%d ; PWD=/home/%s ; USER=root ; COMMAND=/usr/bin/systemctl restart nginx", who, w.IntN(4), who))
			case n < 18:
				return line(w, at, "systemd-logind", fmt.Sprintf("New session %d of user %s.", w.IntN(9000), who))
			case n < 19 && w.IntN(8) == 0: // a typo
				return line(w, at, "sshd", fmt.Sprintf("Failed password for %s from %s port %d ssh2", who, desk(who), 40000+w.IntN(20000)))
			}
			return line(w, at, "sshd", fmt.Sprintf("pam_unix(sshd:session): session closed for user %s", who))
		},
		attacks: []attack{
			{"brute-force", func(w *world, from time.Time) (out []entry) {
				for _, at := range w.every(from, 120, 3*time.Second, 0.4) {
					out = append(out, failure(w, at, "root", "203.0.113.5"))
				}
				return out
			}},
			{"spraying", func(w *world, from time.Time) (out []entry) {
				users := []string{"admin", "test", "oracle", "postgres", "ubuntu", "git", "ftpuser", "pi", "guest", "backup", "www", "nagios", "jenkins", "mysql"}
				for i, at := range w.every(from, 42, 20*time.Second, 0.4) {
					user := users[i%len(users)]
					out = append(out, line(w, at, "sshd", fmt.Sprintf("Invalid user %s from 203.0.113.6 port %d", user, 40000+w.IntN(20000))),
						failure(w, at.Add(2*time.Second), "invalid user "+user, "203.0.113.6"))
				}
				return out
			}},
			{"success-after-failures", func(w *world, from time.Time) (out []entry) {
				for _, at := range w.every(from, 25, 4*time.Second, 0.4) {
					out = append(out, failure(w, at, "deploy", "203.0.113.7"))
				}
				return append(out, line(w, from.Add(3*time.Minute), "sshd", "Accepted password for deploy from 203.0.113.7 port 51122 ssh2"))
			}},
		},
	}
}

func failure(w *world, at time.Time, who, from string) entry {
	return line(w, at, "sshd", fmt.Sprintf("Failed password for %s from %s port %d ssh2", who, from, 40000+w.IntN(20000)))
}

func line(w *world, at time.Time, program, message string) entry {
	return entry{at: at, text: fmt.Sprintf("%s web1 %s[%d]: %s", at.Format(time.Stamp), program, 900+w.IntN(30000), message)}
}
