package event

import "slices"

// slot is where the value of a named field goes: a TextField, a NumField or
// one of the extras, which mean different things in different kinds and are
// settled when the whole record has been read.
type slot uint8

const (
	numSlot   slot = 64  // first slot of the numeric fields
	extraSlot slot = 128 // first slot of the extras
	noSlot    slot = 255
)

// The extras.
const (
	xTime         = extraSlot + iota // when: the record's own time stamp
	xDate                            // a date whose clock stands in another field
	xStart                           // when a flow began
	xEnd                             // when a flow ended
	xMillis                          // duration in milliseconds
	xMicros                          // duration in microseconds
	xNanos                           // duration in nanoseconds
	xPath                            // path of a URL, with or without its query
	xURLQuery                        // query of a URL
	xQuery                           // `query`: a DNS question or a URL's query
	xRequest                         // a request line: GET /x HTTP/1.1
	xDomain                          // `domain`: a DNS question or a virtual host
	xHost                            // `host`: a Host header or the host that logs
	xStatus                          // `status`: HTTP status, Windows status or outcome
	xSubStatus                       // Windows SubStatus, Kerberos failure code
	xProtocol                        // tcp, 6, ssh, HTTP/1.1
	xClient                          // `client`: an address, or a program's banner
	xAction                          // what happened, in the product's words
	xOutcome                         // how it went, in the product's words
	xEventID                         // Windows number or cowrie name
	xEventType                       // Suricata's event_type
	xEventName                       // CloudTrail's eventName
	xErrorCode                       // CloudTrail's errorCode
	xZeekPath                        // Zeek's _path
	xAttempts                        // Zeek's auth_attempts
	xLogonType                       // Windows LogonType
	xTargetName                      // Windows TargetUserName
	xSubjectName                     // Windows SubjectUserName
	xTotalBytes                      // bytes of both directions
	xTotalPackets                    // packets of both directions
	xState                           // state of a connection in the sensor's words
	xGrouped                         // answers by type, Suricata's dns.grouped
	xIgnored                         // known not to be what its name suggests
	endExtra
)

const numExtra = int(endExtra - extraSlot)

// alias is what a field name stands for.
type alias struct {
	hash  uint64
	slot  slot
	rank  uint8 // a value of a higher rank replaces one of a lower, the first of a rank stays
	enter bool  // an object of that name adds nothing to the names of its members
}

// wellKnown lists field names of many products by what they mean. Names are
// compared by their letters and digits in lower case: src_ip, srcIp, "Src IP"
// and src.ip are one. The path of a nested member is written in one:
// {"http":{"request":{"method":"GET"}}} is httprequestmethod.
//
// Sources: ECS 8; Zeek, Suricata, Argus, nfdump, SiLK, IPFIX (RFC 7012, 5103)
// and CICFlowMeter manuals; access log fields of nginx, Caddy, Traefik, Envoy,
// HAProxy, Cloudflare, CloudFront, Google and Azure load balancers; AWS WAF, VPC
// flow logs and CloudTrail; Windows security events; cowrie.
var wellKnown = []struct {
	slot  slot
	rank  uint8
	names string
}{
	{slot(SourceIP), 2, "sourceip sourceaddress idorigh srcip clientip srcaddr remoteaddr remoteip sourceipv4address sourceipv6address sa sip cip requestclientip clientaddr clienthost requestremoteip downstreamremoteaddress sourceipaddress ipaddress ipaddr httprequestclientip httprequestremoteip callerip rhost"},
	{slot(SourceIP), 1, "saddr src ip source srchost orighost clientaddress remotehost remote peer peeraddress xrealip realip"},
	{slot(SourceIP), 0, "xforwardedfor httpxforwardedfor forwardedfor workstationname workstation sourceworkstation clientname"},
	{slot(DestinationIP), 2, "destinationip destinationaddress idresph dstip destip dstaddr destaddr destinationipv4address destinationipv6address da dip serverip"},
	{slot(DestinationIP), 1, "daddr dst dest destination serveraddr serveraddress"},
	{slot(HostName), 1, "hostname computer computername agenthostname sensor"},
	{slot(UserName), 1, "username user usr account accountname login remoteuser authuser csusername useridentityusername userprincipalname loginname"},
	{slot(UserName), 0, "useridentityarn useridentityprincipalid"},
	{slot(TargetUser), 1, "usertargetname targetuser"},
	{slot(Method), 1, "httprequestmethod method requestmethod httpmethod csmethod httphttpmethod verb clientrequestmethod"},
	{slot(URL), 2, "urloriginal uri url requesturi httpuri clientrequesturi requesturl target requesttarget httpurl httprequestrequesturl urioriginal"},
	{slot(URL), 1, "urlfull fullurl"},
	{xPath, 1, "urlpath uripath requestpath csuristem httppath documenturi clientrequestpath"},
	{xPath, 0, "path"},
	{xURLQuery, 1, "urlquery uriquery requestquery csuriquery querystring args httpquery clientrequestquery"},
	{xQuery, 1, "query"},
	{xRequest, 1, "request requestline httprequest rawrequest"},
	{slot(Domain), 1, "urldomain httphost httphostname vhost virtualhost servername requesthost authority cshost httprequesthost clientrequesthost requestauthority"},
	{slot(UserAgent), 1, "useragentoriginal useragent httpuseragent csuseragent agent ua requestuseragent clientrequestuseragent httphttpuseragent capturedrequestuseragent httprequestuseragent"},
	{slot(Referrer), 1, "httprequestreferrer referrer referer httpreferer httpreferrer httprefer csreferer clientrequestreferer requestreferer httphttprefer httphttpreferer"},
	{slot(Cookie), 1, "httprequestcookie cookie cookies httpcookie cscookie"},
	{slot(ContentType), 1, "httprequestmimetype requestcontenttype httpcontenttype contenttype"},
	{slot(Headers), 1, "httprequestheaders headers requestheaders httpheaders"},
	{slot(Body), 2, "httprequestbodycontent requestbodycontent postdatatext httphttprequestbodyprintable"},
	{slot(Body), 1, "body requestbody httpbody postdata httprequestbody"},
	{slot(Payload), 1, "eventpayload payload"},
	{xProtocol, 2, "networktransport transport"},
	{xProtocol, 1, "proto protocol protocolidentifier pr pro ipproto protocoltype"},
	{slot(Service), 1, "networkprotocol networkapplication service appproto application"},
	{slot(ConnState), 2, "connectionstate connstate"},
	{xState, 1, "state flag flowstate connectionstatus"},
	{slot(History), 2, "connectionhistory history"},
	{slot(History), 1, "flg flags tcpflags tcpcontrolbits initialflags"},
	{slot(QuestionName), 1, "dnsquestionname qname queryname rrname dnsrrname dnsquery dnsqname dnsqueriesrrname dnsqueryrrname question questionname querydomain dnsquestion"},
	{slot(QuestionType), 2, "qtypename dnsquestiontype querytypename"},
	{slot(QuestionType), 1, "qtype querytype rrtype dnsrrtype dnsqueriesrrtype dnsqtype dnsqueryrrtype questiontype recordtype"},
	{slot(ResponseCode), 2, "rcodename dnsresponsecode"},
	{slot(ResponseCode), 1, "rcode dnsrcode responsecodename dnsresponse"},
	{slot(Answers), 1, "dnsanswersdata answers dnsanswersrdata dnsrdata rdata dnsanswers answer dnsresolvedip responsedata"},
	{xGrouped, 1, "dnsgroupeda dnsgroupedaaaa dnsgroupedcname dnsgroupedtxt dnsgroupedmx dnsgroupedns dnsgroupedptr dnsgroupedsrv dnsgroupednull"},
	{slot(Process), 1, "processname program appname syslogprogram"},
	{slot(Process), 0, "eventsource provider providername"},
	{slot(Command), 1, "processcommandline commandline command cmd input"},
	{slot(Message), 1, "message msg"},
	{slot(Reason), 1, "eventreason"},
	{xTime, 3, "timestamp ts timestampiso8601 eventcreated"},
	{xTime, 2, "time _time datetime eventtime timecreated timestampms unixtime epoch starttimestamp edgestarttimestamp timeiso8601 createdat msec timecreatedsystemtime startutc requesttimestamp starteddatetime tsrel"},
	{xTime, 1, "timelocal receivedat ingesttime eventreceivedtime timereceived tr"},
	{xDate, 1, "date"},
	{xStart, 1, "eventstart start starttime stime timestart flowstart flowstartmilliseconds flowstartseconds flowstartmicroseconds flowstartnanoseconds firstswitched first firstseen tfs starttimems netflowstart"},
	{xEnd, 1, "eventend end endtime etime te timeend ltime flowend flowendmilliseconds flowendseconds flowendmicroseconds flowendnanoseconds lastswitched last lastseen netflowend"},
	{numSlot + slot(Duration), 1, "duration durations dur td elapsed durationseconds durat age flowage netflowage"},
	{xMillis, 1, "durationms durationmillis durationmilliseconds flowdurationmilliseconds elapsedms"},
	{xMicros, 1, "flowduration durationus flowdurationmicroseconds"},
	{xNanos, 1, "eventduration durationns"},
	{numSlot + slot(SourcePort), 1, "sourceport idorigp srcport sport sourcetransportport sp clientport remoteport spt ipport requestremoteport clientsrcport"},
	{numSlot + slot(DestinationPort), 1, "destinationport idrespp dstport destport dport dsport destinationtransportport dp dpt serverport"},
	{numSlot + slot(StatusCode), 2, "httpresponsestatuscode statuscode httpstatus httpstatuscode responsecode responsestatus downstreamstatus edgeresponsestatus scstatus httpresponsestatus responsestatuscode elbstatuscode"},
	{numSlot + slot(StatusCode), 1, "originstatus originresponsestatus code"},
	{xStatus, 1, "status"},
	{numSlot + slot(RequestBytes), 1, "httprequestbytes requestlength requestbytes requestsize bytesread requestbodylen csbytes requestcontentsize clientrequestbytes bytesreceived receivedbytes httprequestbodybytes requestbodysize"},
	{numSlot + slot(ResponseBytes), 2, "httpresponsebytes bodybytessent responsebytes responsesize responsebodylen scbytes downstreamcontentsize edgeresponsebytes httplength httpresponsebodybytes"},
	{numSlot + slot(ResponseBytes), 1, "bytessent sentbytes size responselength length"},
	{numSlot + slot(SourceBytes), 3, "sourcebytes origipbytes flowbytestoserver srcbytes inbytes ibyt octetdeltacount octettotalcount sbytes totlenfwdpkts totallengthoffwdpackets bytesin bytestoserver"},
	{numSlot + slot(SourceBytes), 2, "origbytes bytes doctets octets byt netflowbytes"},
	{numSlot + slot(DestinationBytes), 3, "destinationbytes respipbytes flowbytestoclient dstbytes outbytes obyt reverseoctetdeltacount reverseoctettotalcount postoctetdeltacount dbytes totlenbwdpkts totallengthofbwdpackets bytesout bytestoclient"},
	{numSlot + slot(DestinationBytes), 2, "respbytes"},
	{numSlot + slot(SourcePackets), 2, "sourcepackets origpkts flowpktstoserver srcpkts inpkts ipkt packetdeltacount packettotalcount spkts totfwdpkts totalfwdpackets totalfwdpacket numpktsin pktstoserver srcpackets inpackets"},
	{numSlot + slot(SourcePackets), 1, "packets pkts dpkt netflowpkts"},
	{numSlot + slot(DestinationPackets), 2, "destinationpackets resppkts flowpktstoclient dstpkts outpkts opkt reversepacketdeltacount reversepackettotalcount postpacketdeltacount dpkts totbwdpkts totalbackwardpackets totalbwdpackets numpktsout pktstoclient dstpackets outpackets"},
	{xTotalBytes, 1, "totbytes totalbytes networkbytes"},
	{xTotalPackets, 1, "totpkts totalpackets totalpkts networkpackets"},
	{numSlot + slot(AnswerCount), 1, "dnsanswerscount answercount ancount"},
	{numSlot + slot(ProcessID), 1, "processpid pid executionprocessid"},
	{xDomain, 1, "domain dnsdomain domainname fqdn"},
	{xHost, 1, "host"},
	{xClient, 1, "client"},
	{xAction, 1, "eventaction action activity operation eventcategory"},
	{xOutcome, 2, "eventoutcome outcome result authsuccess authresult authenticationresult"},
	{xOutcome, 1, "success"},
	{xEventID, 1, "eventid eventcode winlogeventid systemeventid eventsystemeventid"},
	{xEventType, 1, "eventtype"},
	{xEventName, 1, "eventname"},
	{xErrorCode, 1, "errorcode"},
	{xZeekPath, 1, "zeekpath"},
	{xAttempts, 1, "authattempts"},
	{xLogonType, 1, "logontype"},
	{xTargetName, 1, "targetusername"},
	{xSubjectName, 1, "subjectusername"},
	{xIgnored, 1, "httphttpcontenttype responsecontenttype"}, // of the response
	{xSubStatus, 1, "substatus failurecode"},
}

// wrappers are objects whose members also count as members of what holds them:
// {"request":{"method":"GET"}} has a method.
const wrappers = "request req http httprequest event fields data json winlog eventdata winlogeventdata system flow properties jsonpayload attributes record detail log hit"

const aliasSlots = 2048 // of the table; a power of two, at least twice the names

// aliasTable maps hashes of names by open addressing.
type aliasTable [aliasSlots]alias

var knownAliases = func() (t aliasTable) {
	for _, k := range wellKnown {
		eachWord(k.names, func(name string) { t.put(alias{nameHash([]byte(name)), k.slot, k.rank, false}) })
	}
	eachWord(wrappers, func(name string) {
		hash := nameHash([]byte(name))
		a := t.get(hash)
		if a == nil {
			a = t.put(alias{hash: hash, slot: noSlot})
		}
		a.enter = true
	})
	// Zeek's _path would otherwise be a `path`, Elasticsearch's _source a `source`.
	t.put(alias{hash: nameHash([]byte("_path")), slot: xZeekPath})
	t.put(alias{hash: nameHash([]byte("_source")), slot: noSlot, enter: true})
	return t
}()

func eachWord(words string, f func(string)) {
	for start, i := 0, 0; i <= len(words); i++ {
		if i == len(words) || words[i] == ' ' {
			if i > start {
				f(words[start:i])
			}
			start = i + 1
		}
	}
}

// put adds an alias; a name that is there already stays as it is.
func (t *aliasTable) put(a alias) *alias {
	i := a.hash % aliasSlots
	for ; t[i].hash != 0; i = (i + 1) % aliasSlots {
		if t[i].hash == a.hash {
			return &t[i]
		}
	}
	t[i] = a
	return &t[i]
}

func (t *aliasTable) get(hash uint64) *alias {
	for i := hash % aliasSlots; t[i].hash != 0; i = (i + 1) % aliasSlots {
		if t[i].hash == hash {
			return &t[i]
		}
	}
	return nil
}

// FNV-1a, 64 bits (Fowler, Noll, Vo). Names are compared by hash alone: two
// names that collide by chance are not expected in the history of logging, and
// who can make them collide on purpose can also write the name itself.
const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

// nameHash hashes the letters and digits of a name in lower case. A leading
// underscore counts: _path is not path.
func nameHash(name []byte) uint64 { return moreHash(hashSeed, name) }

// moreHash continues the hash of a path by the name of a member.
func moreHash(h uint64, name []byte) uint64 {
	if len(name) > 0 && name[0] == '_' {
		h = (h ^ '_') * hashPrime
	}
	for _, c := range name {
		if f := foldByte[c]; f != 0 {
			h = (h ^ uint64(f)) * hashPrime
		}
	}
	return h
}

// foldByte maps letters to lower case, keeps digits and bytes beyond ASCII,
// and drops (0) everything else.
var foldByte = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= 'A' && c <= 'Z':
			t[c] = byte(c) | 0x20
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
			t[c] = byte(c)
		}
	}
	return t
}()

// aliases are the names that a parser knows: the user's own before the well-known.
type aliases struct{ own []alias }

// newAliases compiles Options.Map. An error names a target that is no field.
func newAliases(o Options) (aliases, error) {
	names := make([]string, 0, len(o.Map))
	for name := range o.Map {
		names = append(names, name)
	}
	slices.Sort(names) // so that of two spellings of one name the same always wins
	var a aliases
	for _, name := range names {
		s := fieldSlot(o.Map[name])
		if s == noSlot {
			return a, ParseError("--map " + name + "=" + o.Map[name] + ": no field is called " + o.Map[name])
		}
		a.own = append(a.own, alias{nameHash([]byte(name)), s, 255, false})
	}
	return a, nil
}

// fieldSlot returns the slot of an ECS name, noSlot for an unknown one.
func fieldSlot(name string) slot {
	for f, n := range textNames {
		if n == name {
			return slot(f)
		}
	}
	for f, n := range numNames {
		if n == name {
			return numSlot + slot(f)
		}
	}
	switch name {
	case "@timestamp", "timestamp":
		return xTime
	case "event.start":
		return xStart
	case "event.end":
		return xEnd
	case "url.path":
		return xPath
	case "url.query":
		return xURLQuery
	case "network.bytes":
		return xTotalBytes
	case "network.packets":
		return xTotalPackets
	}
	return noSlot
}

// find returns what the field of that hash means.
func (a *aliases) find(hash uint64) alias {
	for i := range a.own {
		if a.own[i].hash == hash {
			return a.own[i]
		}
	}
	if k := knownAliases.get(hash); k != nil {
		return *k
	}
	return alias{slot: noSlot}
}
