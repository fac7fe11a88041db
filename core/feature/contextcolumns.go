package feature

import "github.com/tiercel/tiercel/core/event"

// ContextColumn is one column that Context fills.
//
// Every one of them points the same way: the larger, the more suspicious. That
// sign is fixed by design, not learned, because learned signs of per-entity
// windows invert between networks (in one capture the busiest source is the
// benign host; a tree model over such windows reached AUROC .39 on another
// network). Learners that read these columns must be non-decreasing in them.
//
// Counts and sums are log1p of the damped count, distinct counts log1p of the
// estimate, shares and regularity lie in [0,1]. A value is NaN only where the
// record lacks what identifies the window (no source, no destination port).
type ContextColumn struct {
	Name  string // scope.what_window: the windows are explained at Window
	Words string // as explanations print it
}

// ContextColumns returns the columns of Context for a kind, in the order of
// ContextNames; none for kinds without context.
func ContextColumns(k event.Kind) []ContextColumn {
	switch k {
	case event.HTTP:
		return httpContext[:]
	case event.Flow:
		return flowContext[:]
	case event.DNS:
		return dnsContext[:]
	case event.Auth:
		return authContext[:]
	}
	return nil
}

// ContextNames returns the names of the columns that Context fills for a kind:
// the part of Schema.Names behind Schema.Stateless.
func ContextNames(k event.Kind) []string {
	columns := ContextColumns(k)
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// Columns of httpContext.
const (
	httpRequests9s = iota
	httpRequests1m
	httpRequests9m
	httpRequests1h
	httpPages1m
	httpPages9m
	httpFailed1m
	httpFailed9m
	httpFailed1h
	httpFailedShare
	httpDenied9m
	httpMissing1m
	httpMissing9m
	httpMissing1h
	httpMissingShare
	httpPaths9m
	httpPaths1h
	httpMissingPaths9m
	httpMissingPaths1h
	httpWrites1m
	httpWrites9m
	httpLogins1m
	httpLogins9m
	httpLogins1h
	httpLoginsFailed9m
	httpLoginsFailed1h
	httpHosts1h
	httpBytes9m
	httpHostLogins9m
	httpHostLoginSources9m
	numHTTPContext
)

var httpContext = [numHTTPContext]ContextColumn{
	httpRequests9s:         {"source.requests_9s", "requests of this source, last seconds"},
	httpRequests1m:         {"source.requests_1m", "requests of this source, last minute"},
	httpRequests9m:         {"source.requests_9m", "requests of this source, last ten minutes"},
	httpRequests1h:         {"source.requests_1h", "requests of this source, last hour"},
	httpPages1m:            {"source.pages_1m", "requests of this source that are not static files, last minute"},
	httpPages9m:            {"source.pages_9m", "requests of this source that are not static files, last ten minutes"},
	httpFailed1m:           {"source.failed_1m", "failed requests (4xx, 5xx) of this source, last minute"},
	httpFailed9m:           {"source.failed_9m", "failed requests (4xx, 5xx) of this source, last ten minutes"},
	httpFailed1h:           {"source.failed_1h", "failed requests (4xx, 5xx) of this source, last hour"},
	httpFailedShare:        {"source.failed_share_9m", "share of this source's requests that failed"},
	httpDenied9m:           {"source.denied_9m", "denied requests (401, 403) of this source, last ten minutes"},
	httpMissing1m:          {"source.missing_1m", "requests of this source for what does not exist (404), last minute"},
	httpMissing9m:          {"source.missing_9m", "requests of this source for what does not exist (404), last ten minutes"},
	httpMissing1h:          {"source.missing_1h", "requests of this source for what does not exist (404), last hour"},
	httpMissingShare:       {"source.missing_share_9m", "share of this source's requests for what does not exist"},
	httpPaths9m:            {"source.paths_9m", "distinct paths that this source asked for, last ten minutes"},
	httpPaths1h:            {"source.paths_1h", "distinct paths that this source asked for, last hour"},
	httpMissingPaths9m:     {"source.missing_paths_9m", "distinct missing paths that this source asked for, last ten minutes"},
	httpMissingPaths1h:     {"source.missing_paths_1h", "distinct missing paths that this source asked for, last hour"},
	httpWrites1m:           {"source.writes_1m", "writing requests (POST, PUT ...) of this source, last minute"},
	httpWrites9m:           {"source.writes_9m", "writing requests (POST, PUT ...) of this source, last ten minutes"},
	httpLogins1m:           {"source.logins_1m", "attempts of this source to log in, last minute"},
	httpLogins9m:           {"source.logins_9m", "attempts of this source to log in, last ten minutes"},
	httpLogins1h:           {"source.logins_1h", "attempts of this source to log in, last hour"},
	httpLoginsFailed9m:     {"source.logins_failed_9m", "failed attempts of this source to log in, last ten minutes"},
	httpLoginsFailed1h:     {"source.logins_failed_1h", "failed attempts of this source to log in, last hour"},
	httpHosts1h:            {"source.hosts_1h", "distinct hosts that this source asked, last hour"},
	httpBytes9m:            {"source.bytes_9m", "bytes sent to this source, last ten minutes"},
	httpHostLogins9m:       {"host.logins_9m", "at an attempt to log in: attempts at this host by anyone, last ten minutes"},
	httpHostLoginSources9m: {"host.login_sources_9m", "at an attempt to log in: distinct sources that tried at this host, last ten minutes"},
}

// Columns of flowContext.
const (
	flowFlows9s = iota
	flowFlows1m
	flowFlows9m
	flowFlows1h
	flowFailed1m
	flowFailed9m
	flowFailed1h
	flowFailedShare
	flowAnswerless1m
	flowAnswerless9m
	flowHosts1m
	flowHosts9m
	flowHosts1h
	flowFailedHosts9m
	flowFailedHosts1h
	flowPorts9m
	flowFailedServices1h
	flowBytesOut1h
	flowPairPorts1m
	flowPairPorts9m
	flowPairPorts1h
	flowPairFailedPorts9m
	flowPairBytesOut9m
	flowPairUpload
	flowPairExcess
	flowPairBytesOut10h
	flowPairUpload10h
	flowPortHosts1m
	flowPortHosts9m
	flowPortHosts1h
	flowPortFailedHosts9m
	flowPortTurned
	flowServiceFlows9s
	flowServiceFlows1m
	flowServiceFlows9m
	flowServiceFlows1h
	flowServiceFailed1m
	flowServiceFailed9m
	flowServiceLogins1m
	flowServiceLogins9m
	flowServiceLogins1h
	flowServiceRegular
	flowServiceContacts
	flowServiceAlike
	flowServiceBeats
	flowServiceSpan
	flowVictimFlows9s
	flowVictimFlows1m
	flowVictimFailed1m
	flowVictimSources1m
	flowVictimSources9m
	numFlowContext
)

var flowContext = [numFlowContext]ContextColumn{
	flowFlows9s:           {"source.flows_9s", "flows of this source, last seconds"},
	flowFlows1m:           {"source.flows_1m", "flows of this source, last minute"},
	flowFlows9m:           {"source.flows_9m", "flows of this source, last ten minutes"},
	flowFlows1h:           {"source.flows_1h", "flows of this source, last hour"},
	flowFailed1m:          {"source.failed_1m", "refused or unanswered flows of this source, last minute"},
	flowFailed9m:          {"source.failed_9m", "refused or unanswered flows of this source, last ten minutes"},
	flowFailed1h:          {"source.failed_1h", "refused or unanswered flows of this source, last hour"},
	flowFailedShare:       {"source.failed_share_9m", "share of this source's flows that were refused or unanswered"},
	flowAnswerless1m:      {"source.answerless_1m", "unanswered flows of this source, last minute"},
	flowAnswerless9m:      {"source.answerless_9m", "unanswered flows of this source, last ten minutes"},
	flowHosts1m:           {"source.hosts_1m", "distinct hosts that this source contacted, last minute"},
	flowHosts9m:           {"source.hosts_9m", "distinct hosts that this source contacted, last ten minutes"},
	flowHosts1h:           {"source.hosts_1h", "distinct hosts that this source contacted, last hour"},
	flowFailedHosts9m:     {"source.failed_hosts_9m", "distinct hosts that refused or did not answer this source, last ten minutes"},
	flowFailedHosts1h:     {"source.failed_hosts_1h", "distinct hosts that refused or did not answer this source, last hour"},
	flowPorts9m:           {"source.ports_9m", "distinct destination ports of this source, last ten minutes"},
	flowFailedServices1h:  {"source.failed_services_1h", "distinct host and port pairs that refused or did not answer this source, last hour"},
	flowBytesOut1h:        {"source.bytes_out_1h", "bytes sent by this source, last hour"},
	flowPairPorts1m:       {"pair.ports_1m", "distinct ports of this host that this source contacted, last minute"},
	flowPairPorts9m:       {"pair.ports_9m", "distinct ports of this host that this source contacted, last ten minutes"},
	flowPairPorts1h:       {"pair.ports_1h", "distinct ports of this host that this source contacted, last hour"},
	flowPairFailedPorts9m: {"pair.failed_ports_9m", "distinct ports of this host that refused or did not answer this source, last ten minutes"},
	flowPairBytesOut9m:    {"pair.bytes_out_9m", "bytes sent by this source to this host, last ten minutes"},
	flowPairUpload:        {"pair.upload_9m", "how far bytes sent to this host exceed bytes received from it (log ratio)"},
	flowPairExcess:        {"pair.excess_9m", "how far bytes sent to this host exceed what this source usually sends (log ratio)"},
	flowPairBytesOut10h:   {"pair.bytes_out_10h", "bytes sent by this source to this host, last ten hours"},
	flowPairUpload10h:     {"pair.upload_10h", "how far bytes sent to this host exceed bytes received from it in ten hours (log ratio)"},
	flowPortHosts1m:       {"port.hosts_1m", "distinct hosts that this source contacted on this port, last minute"},
	flowPortHosts9m:       {"port.hosts_9m", "distinct hosts that this source contacted on this port, last ten minutes"},
	flowPortHosts1h:       {"port.hosts_1h", "distinct hosts that this source contacted on this port, last hour"},
	flowPortFailedHosts9m: {"port.failed_hosts_9m", "distinct hosts that refused or did not answer this source on this port, last ten minutes"},
	flowPortTurned:        {"port.turned_1h", "hosts contacted on a port on which this source itself answered before"},
	flowServiceFlows9s:    {"service.flows_9s", "flows of this source to this host and port, last seconds"},
	flowServiceFlows1m:    {"service.flows_1m", "flows of this source to this host and port, last minute"},
	flowServiceFlows9m:    {"service.flows_9m", "flows of this source to this host and port, last ten minutes"},
	flowServiceFlows1h:    {"service.flows_1h", "flows of this source to this host and port, last hour"},
	flowServiceFailed1m:   {"service.failed_1m", "refused or unanswered flows of this source to this host and port, last minute"},
	flowServiceFailed9m:   {"service.failed_9m", "refused or unanswered flows of this source to this host and port, last ten minutes"},
	flowServiceLogins1m:   {"service.logins_1m", "flows of this source to this login service, last minute"},
	flowServiceLogins9m:   {"service.logins_9m", "flows of this source to this login service, last ten minutes"},
	flowServiceLogins1h:   {"service.logins_1h", "flows of this source to this login service, last hour"},
	flowServiceRegular:    {"service.regular", "how regular the intervals between contacts with this host and port are"},
	flowServiceContacts:   {"service.contacts", "regular contacts with this host and port so far"},
	flowServiceAlike:      {"service.alike", "how alike the contacts with this host and port are in size"},
	flowServiceBeats:      {"service.beats", "contacts with this host and port so far that are alike and more regular than chance"},
	flowServiceSpan:       {"service.span", "hours over which this host and port were contacted (log)"},
	flowVictimFlows9s:     {"victim.flows_9s", "flows of anyone to this host and port, last seconds"},
	flowVictimFlows1m:     {"victim.flows_1m", "flows of anyone to this host and port, last minute"},
	flowVictimFailed1m:    {"victim.failed_1m", "refused or unanswered flows of anyone to this host and port, last minute"},
	flowVictimSources1m:   {"victim.sources_1m", "distinct sources at this host and port, last minute"},
	flowVictimSources9m:   {"victim.sources_9m", "distinct sources at this host and port, last ten minutes"},
}

// Columns of dnsContext.
const (
	dnsQueries9s = iota
	dnsQueries1m
	dnsQueries9m
	dnsQueries1h
	dnsMissing1m
	dnsMissing9m
	dnsMissing1h
	dnsMissingShare
	dnsDomains9m
	dnsDomains1h
	dnsMissingDomains9m
	dnsMissingDomains1h
	dnsDomainQueries1m
	dnsDomainQueries9m
	dnsDomainQueries1h
	dnsDomainNames9m
	dnsDomainNames1h
	dnsDomainNewShare
	dnsDomainBytes1m
	dnsDomainBytes9m
	dnsDomainBytes1h
	dnsDomainLength
	dnsDomainCarriers9m
	dnsDomainCarriers1h
	dnsDomainMissing9m
	dnsDomainNames10h
	dnsDomainNewShare10h
	dnsDomainBytes10h
	dnsDomainLength10h
	dnsDomainCarriers10h
	dnsNameAnswers1h
	numDNSContext
)

var dnsContext = [numDNSContext]ContextColumn{
	dnsQueries9s:         {"client.queries_9s", "queries of this client, last seconds"},
	dnsQueries1m:         {"client.queries_1m", "queries of this client, last minute"},
	dnsQueries9m:         {"client.queries_9m", "queries of this client, last ten minutes"},
	dnsQueries1h:         {"client.queries_1h", "queries of this client, last hour"},
	dnsMissing1m:         {"client.missing_1m", "queries of this client for names that do not exist, last minute"},
	dnsMissing9m:         {"client.missing_9m", "queries of this client for names that do not exist, last ten minutes"},
	dnsMissing1h:         {"client.missing_1h", "queries of this client for names that do not exist, last hour"},
	dnsMissingShare:      {"client.missing_share_9m", "share of this client's queries for names that do not exist"},
	dnsDomains9m:         {"client.domains_9m", "distinct registered domains that this client asked for, last ten minutes"},
	dnsDomains1h:         {"client.domains_1h", "distinct registered domains that this client asked for, last hour"},
	dnsMissingDomains9m:  {"client.missing_domains_9m", "distinct registered domains that do not exist, last ten minutes"},
	dnsMissingDomains1h:  {"client.missing_domains_1h", "distinct registered domains that do not exist, last hour"},
	dnsDomainQueries1m:   {"domain.queries_1m", "queries of this client under this domain, last minute"},
	dnsDomainQueries9m:   {"domain.queries_9m", "queries of this client under this domain, last ten minutes"},
	dnsDomainQueries1h:   {"domain.queries_1h", "queries of this client under this domain, last hour"},
	dnsDomainNames9m:     {"domain.names_9m", "distinct names that this client asked for under this domain, last ten minutes"},
	dnsDomainNames1h:     {"domain.names_1h", "distinct names that this client asked for under this domain, last hour"},
	dnsDomainNewShare:    {"domain.new_share_9m", "share of this client's queries under this domain that were new names"},
	dnsDomainBytes1m:     {"domain.bytes_1m", "bytes in subdomains that this client sent to this domain, last minute"},
	dnsDomainBytes9m:     {"domain.bytes_9m", "bytes in subdomains that this client sent to this domain, last ten minutes"},
	dnsDomainBytes1h:     {"domain.bytes_1h", "bytes in subdomains that this client sent to this domain, last hour"},
	dnsDomainLength:      {"domain.length_9m", "mean length of the subdomains that this client asked for under this domain"},
	dnsDomainCarriers9m:  {"domain.carriers_9m", "queries under this domain of types that carry data (TXT, NULL, CNAME ...), last ten minutes"},
	dnsDomainCarriers1h:  {"domain.carriers_1h", "queries under this domain of types that carry data (TXT, NULL, CNAME ...), last hour"},
	dnsDomainMissing9m:   {"domain.missing_9m", "names that do not exist under this domain, last ten minutes"},
	dnsDomainNames10h:    {"domain.names_10h", "distinct names that this client asked for under this domain, last ten hours"},
	dnsDomainNewShare10h: {"domain.new_share_10h", "share of this client's queries under this domain that were new names, last ten hours"},
	dnsDomainBytes10h:    {"domain.bytes_10h", "bytes in subdomains that this client sent to this domain, last ten hours"},
	dnsDomainLength10h:   {"domain.length_10h", "mean length of the subdomains that this client asked for under this domain, last ten hours"},
	dnsDomainCarriers10h: {"domain.carriers_10h", "queries under this domain of types that carry data (TXT, NULL, CNAME ...), last ten hours"},
	dnsNameAnswers1h:     {"name.answers_1h", "distinct answers to this name, last hour"},
}

// Columns of authContext.
const (
	authAttempts1m = iota
	authAttempts9m
	authAttempts1h
	authFailures1m
	authFailures9m
	authFailures1h
	authFailures10h
	authFailureShare
	authUsers9m
	authUsers1h
	authUsers10h
	authUnknown1h
	authUnknown10h
	authHosts1h
	authConnects1h
	authSuccessAfter1h
	authSuccessAfter10h
	authPrivilegeFailures1h
	authPrivilegeFailures10h
	authPrivilegeUses9m
	authUserFailures9m
	authUserFailures1h
	authUserFailures10h
	authUserSources1h
	authUserSuccessAfter1h
	numAuthContext
)

var authContext = [numAuthContext]ContextColumn{
	authAttempts1m:           {"source.attempts_1m", "attempts of this source to log in, last minute"},
	authAttempts9m:           {"source.attempts_9m", "attempts of this source to log in, last ten minutes"},
	authAttempts1h:           {"source.attempts_1h", "attempts of this source to log in, last hour"},
	authFailures1m:           {"source.failures_1m", "failed logins of this source, last minute"},
	authFailures9m:           {"source.failures_9m", "failed logins of this source, last ten minutes"},
	authFailures1h:           {"source.failures_1h", "failed logins of this source, last hour"},
	authFailures10h:          {"source.failures_10h", "failed logins of this source, last hours"},
	authFailureShare:         {"source.failure_share_1h", "share of this source's logins that failed"},
	authUsers9m:              {"source.users_9m", "distinct users that this source failed to log in as, last ten minutes"},
	authUsers1h:              {"source.users_1h", "distinct users that this source failed to log in as, last hour"},
	authUsers10h:             {"source.users_10h", "distinct users that this source failed to log in as, last hours"},
	authUnknown1h:            {"source.unknown_1h", "logins of this source as users that do not exist, last hour"},
	authUnknown10h:           {"source.unknown_10h", "logins of this source as users that do not exist, last hours"},
	authHosts1h:              {"source.hosts_1h", "distinct hosts that this source tried, last hour"},
	authConnects1h:           {"source.connects_1h", "connections of this source that ended before a login, last hour"},
	authSuccessAfter1h:       {"source.success_after_1h", "at an accepted login: failures of this source before it, last hour"},
	authSuccessAfter10h:      {"source.success_after_10h", "at an accepted login: failures of this source before it, last hours"},
	authPrivilegeFailures1h:  {"source.privilege_failures_1h", "failed sudo and su, last hour"},
	authPrivilegeFailures10h: {"source.privilege_failures_10h", "failed sudo and su, last hours"},
	authPrivilegeUses9m:      {"source.privilege_uses_9m", "sudo and su, last ten minutes"},
	authUserFailures9m:       {"user.failures_9m", "failed logins as this user from anywhere, last ten minutes"},
	authUserFailures1h:       {"user.failures_1h", "failed logins as this user from anywhere, last hour"},
	authUserFailures10h:      {"user.failures_10h", "failed logins as this user from anywhere, last hours"},
	authUserSources1h:        {"user.sources_1h", "distinct sources that failed to log in as this user, last hour"},
	authUserSuccessAfter1h:   {"user.success_after_1h", "at an accepted login: failures as this user from anywhere before it, last hour"},
}
