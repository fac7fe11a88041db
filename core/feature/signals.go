package feature

import (
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/portable"
)

// Signal is a class of threat that the counts of the context tell by
// themselves: a linear form with fixed weights, score = Bias + sum of Weights x
// columns, read as log-odds: 0 is where a person would look at it. Nothing in it
// is fitted, because signs and levels learned on one network invert on another.
//
// Weights of context columns are >= 0; a negative weight belongs to a stateless
// column that says that the behaviour is the service's own.
type Signal struct {
	Name    string
	Class   string
	Columns []string
	Weights []float64
	Bias    float64
	Why     string // for people
}

// ContextSignals returns the signals of a kind, none for kinds without context.
//
// Most have the form w (log1p(n) - log1p(n0)): w is the log-odds gained with
// each e-fold of the count n, n0 the count at which to look.
func ContextSignals(k event.Kind) []Signal {
	switch k {
	case event.HTTP:
		return []Signal{
			above("scanner", "scanner", "source.missing_paths_9m", 2.5, 12, "asks for many paths that do not exist"),
			above("credential-stuffing", "credential-stuffing", "source.logins_9m", 2.5, 10, "tries to log in again and again"),
		}
	case event.Flow:
		return []Signal{
			above("scan-hosts", "scan-hosts", "port.failed_hosts_9m", 2.5, 20, "many hosts refuse it or do not answer on one port"),
			above("scan-ports", "scan-ports", "pair.failed_ports_9m", 2.5, 8, "many ports of one host refuse it or do not answer"),
			above("brute-force", "brute-force", "service.logins_9m", 2.5, 20, "contacts one login service again and again"),
			{
				"flooding", "flooding",
				[]string{"victim.failed_1m", "transport.icmp"},
				[]float64{2.5, -3},
				-2.5 * portable.Log1p(1000), "a service no longer answers very many flows",
			},
			{
				"beacon", "beacon",
				[]string{"service.regular", "service.contacts", "port.network", "port.dns", "port.mail", "port.share", "transport.icmp", "destination.multicast"},
				[]float64{10, 1.5, -4, -4, -4, -4, -4, -6},
				-14.1, "contacts one host and port at regular intervals",
			},
			{
				"poll", "beacon",
				[]string{"service.beats", "service.span", "service.alike", "port.network", "port.dns", "port.mail", "port.share", "port.login", "transport.icmp", "destination.multicast"},
				[]float64{3, 2, 20, -8, -8, -8, -8, -4, -8, -10},
				-33, "contacts one host and port for hours with as many bytes each time, more regularly than chance",
			},
			{
				"worm", "worm",
				[]string{"port.turned_1h", "port.web", "port.dns", "port.mail", "port.network", "destination.multicast"},
				[]float64{2.5, -3, -4, -4, -4, -6},
				-2.5 * portable.Log1p(8), "answered on a port and now contacts many hosts on it",
			},
			{
				"exfiltration", "exfiltration",
				[]string{"pair.bytes_out_9m", "pair.upload_9m", "pair.excess_9m"},
				[]float64{0.7, 0.7, 0.5},
				-17, "sends far more to one host than it receives and than it usually sends",
			},
			{
				"slow-exfiltration", "exfiltration",
				[]string{"pair.bytes_out_10h", "pair.upload_10h", "port.network", "destination.multicast"},
				[]float64{1, 1, -6, -6},
				-24.3, "sends very much to one host in a day, and far more than it receives",
			},
		}
	case event.DNS:
		return []Signal{
			above("missing-domains", "dga", "client.missing_domains_9m", 2.5, 12, "asks for many registered domains that do not exist"),
			{
				"many-names", "tunnel",
				[]string{"domain.names_9m", "domain.bytes_9m", "domain.new_share_9m", "domain.length_9m"},
				[]float64{1, 0.7, 2, 1},
				-14, "sends many long names under one domain, none of them twice",
			},
			{
				"slow-tunnel", "tunnel",
				[]string{"domain.names_10h", "domain.bytes_10h", "domain.new_share_10h", "domain.length_10h", "domain.carriers_10h"},
				[]float64{1, 0.7, 6, 1, 0.5},
				-17.5, "sends many names under one domain in a day, none of them twice",
			},
			above("fast-flux", "fast-flux", "name.answers_1h", 2.5, 20, "one name has very many different answers"),
		}
	case event.Auth:
		return []Signal{
			above("brute-force", "brute-force", "source.failures_10h", 3, 1.9, "fails to log in again and again"),
			above("spraying", "spraying", "source.users_10h", 3, 4, "fails to log in as many users"),
			above("success-after-failures", "success-after-failures", "source.success_after_10h", 3, 5, "logs in after failures"),
			{
				"privilege-abuse", "privilege-abuse",
				[]string{
					"source.privilege_failures_10h", "reason.not-in-sudoers", "command.remote_shell", "command.hidden", "command.encoded",
					"command.credentials", "command.download", "command.temporary", "command.defence",
				},
				[]float64{3, 3, 4, 3, 3, 2, 2, 2, 2},
				-3 * portable.Log1p(1.5), "sudo or su fails again and again, or runs what intruders run",
			},
		}
	}
	return nil
}

// above is a signal of one count.
func above(name, class, column string, weight, count float64, why string) Signal {
	return Signal{name, class, []string{column}, []float64{weight}, -weight * portable.Log1p(count), why}
}
