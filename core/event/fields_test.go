package event

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// readText reads a whole file and shows each record: its kind and fields, or
// why it could not be read.
func readText(t testing.TB, text string, f Format, o Options) []string {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), f, o)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	var got []string
	for r.Next(&b) == nil {
		b.Parse()
		for i := range b.Events {
			got = append(got, showEvent(&b, &b.Events[i]))
		}
	}
	return got
}

func showEvent(b *Batch, e *Event) string {
	if e.Err != nil {
		return "error: " + e.Err.Error()
	}
	parts := []string{e.Kind.String()}
	if e.Time != NoTime {
		parts = append(parts, "@"+strconv.FormatFloat(float64(e.Time)/1e9, 'f', -1, 64))
	}
	if text := eventText(b, e); text != "" {
		parts = append(parts, text)
	}
	for f, v := range e.Num {
		if !math.IsNaN(v) {
			parts = append(parts, NumField(f).String()+"="+strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	return strings.Join(parts, " | ")
}

type fieldTest struct {
	name, text, want string // one record, or records joined by line ends
	o                Options
}

func testFields(t *testing.T, f Format, tests []fieldTest) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(readText(t, tt.text, f, tt.o), "\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	testFields(t, jsonFormat(), []fieldTest{
		{
			name: "request with headers as object",
			text: `{"method":"POST","uri":"/a?b=1","headers":{"Host":"shop.example","User-Agent":"x \"y\"","Cookie":"s=1","Content-Type":"text/plain","Referer":"http://r.example/","Accept":"*/*","X-A":["1","2"]},"body":"k=\u0041"}`,
			want: `http | http.request.method=POST | url.original=/a?b=1 | url.domain=shop.example | user_agent.original=x "y" | http.request.referrer=http://r.example/ | http.request.cookie=s=1 | http.request.mime_type=text/plain | http.request.headers=Accept: */*` + "\nX-A: 1\nX-A: 2\n" + ` | http.request.body.content=k=A`,
		},
		{
			name: "headers as pairs, escapes between them",
			text: `{"method":"GET","url":"/","headers":[["A","1"],["User-Agent","\"u\""],["B","2"],["Host","h"],["Host","second"],[]]}`,
			want: "http | http.request.method=GET | url.original=/ | url.domain=h | user_agent.original=\"u\" | http.request.headers=A: 1\nB: 2\nHost: second\n",
		},
		{
			name: "headers as list of named values, as text",
			text: `{"url":"/","headers":[{"name":"Host","value":"h"},{"value":"v","name":"X"},{"Y":"z"},"Q: r\r\nUser-Agent: ua"]}` + "\n" + `{"url":"/","headers":"Host: h2\r\nE: f:g\r\n"}`,
			want: "http | url.original=/ | url.domain=h | user_agent.original=ua | http.request.headers=X: v\nY: z\nQ: r\n\nhttp | url.original=/ | url.domain=h2 | http.request.headers=E: f:g\n",
		},
		{name: "payload alone", text: `{"payload":"-","label":1}`, want: "http | event.payload=-"},
		{name: "body as JSON", text: `{"url":"/","body": {"a":[1,"}"]} ,"status":201}`, want: `http | url.original=/ | http.request.body.content={"a":[1,"}"]} | http.response.status_code=201`},
		{
			name: "nginx",
			text: `{"time_iso8601":"2026-01-29T10:01:02+00:00","remote_addr":"203.0.113.9","request":"GET /x?y=z HTTP/1.1","status":"404","body_bytes_sent":"162","http_user_agent":"c\x22d","http_referer":"-","request_time":"0.001"}`,
			want: `http | @1769680862 | source.ip=203.0.113.9 | http.request.method=GET | url.original=/x?y=z | user_agent.original=c"d | http.response.status_code=404 | http.response.bytes=162`,
		},
		{
			name: "nginx, path and arguments apart",
			text: `{"remote_addr":"203.0.113.9","request_method":"GET","uri":"/x","args":"y=z","host":"a.example"}`,
			want: `http | source.ip=203.0.113.9 | http.request.method=GET | url.original=/x?y=z | url.domain=a.example`,
		},
		{
			name: "Caddy",
			text: `{"level":"info","ts":1769680862.5,"request":{"remote_ip":"192.0.2.1","remote_port":"4711","proto":"HTTP/2.0","method":"GET","host":"c.example","uri":"/a","headers":{"User-Agent":["curl"]}},"duration":0.25,"size":12,"status":200,"resp_headers":{"Server":["Caddy"]}}`,
			want: `http | @1769680862.5 | source.ip=192.0.2.1 | http.request.method=GET | url.original=/a | url.domain=c.example | user_agent.original=curl | source.port=4711 | http.response.status_code=200 | http.response.bytes=12 | event.duration=0.25`,
		},
		{
			name: "Traefik",
			text: `{"ClientAddr":"192.0.2.1:4711","DownstreamStatus":403,"RequestMethod":"GET","RequestHost":"t.example","RequestPath":"/p","request_User-Agent":"ua","time":"2026-01-29T10:01:02Z"}`,
			want: `http | @1769680862 | source.ip=192.0.2.1 | http.request.method=GET | url.original=/p | url.domain=t.example | user_agent.original=ua | source.port=4711 | http.response.status_code=403`,
		},
		{
			name: "Cloudflare",
			text: `{"ClientIP":"192.0.2.1","ClientRequestHost":"c.example","ClientRequestMethod":"GET","ClientRequestURI":"/a?b","EdgeResponseStatus":200,"EdgeStartTimestamp":1769680862000000000,"ClientRequestUserAgent":"ua"}`,
			want: `http | @1769680862 | source.ip=192.0.2.1 | http.request.method=GET | url.original=/a?b | url.domain=c.example | user_agent.original=ua | http.response.status_code=200`,
		},
		{
			name: "AWS WAF",
			text: `{"timestamp":1769680862000,"action":"ALLOW","httpRequest":{"clientIp":"192.0.2.1","headers":[{"name":"Host","value":"w.example"}],"uri":"/a","args":"b=c","httpMethod":"GET"}}`,
			want: `http | @1769680862 | source.ip=192.0.2.1 | http.request.method=GET | url.original=/a?b=c | url.domain=w.example`,
		},
		{
			name: "ECS, nested and dotted",
			text: `{"@timestamp":"2026-01-29T10:01:02Z","source":{"ip":"192.0.2.1","port":5},"http":{"request":{"method":"GET","body":{"content":"b"}},"response":{"status_code":500,"bytes":7}},"url":{"original":"/e"},"user_agent.original":"ua"}`,
			want: `http | @1769680862 | source.ip=192.0.2.1 | http.request.method=GET | url.original=/e | user_agent.original=ua | http.request.body.content=b | source.port=5 | http.response.status_code=500 | http.response.bytes=7`,
		},
		{
			name: "HAR entry takes nothing from the response",
			text: `{"startedDateTime":"2026-01-29T10:01:02Z","request":{"method":"POST","url":"https://h.example/a","headers":[{"name":"A","value":"1"}],"postData":{"text":"x=y"}},"response":{"status":200,"headers":[{"name":"Server","value":"s"}],"content":{"text":"page"}}}`,
			want: "http | @1769680862 | http.request.method=POST | url.original=https://h.example/a | url.domain=h.example | http.request.headers=A: 1\n | http.request.body.content=x=y | http.response.status_code=200",
		},
		{name: "the first of two members stays", text: `{"url":"/first","url":"/second","status":200,"status":500}`, want: `http | url.original=/first | http.response.status_code=200`},
		{name: "map before aliases", text: `{"u":"/mapped","url":"/alias","who":"192.0.2.1"}`, o: Options{Map: map[string]string{"u": "url.original", "Who": "source.ip"}}, want: `http | source.ip=192.0.2.1 | url.original=/mapped`},
		{name: "map of a nested path", text: `{"a":{"b":"/p"},"c":"q=1"}`, o: Options{Map: map[string]string{"a.b": "url.path", "c": "url.query"}}, want: `http | url.original=/p?q=1`},
		{name: "flow", text: `{"srcaddr":"192.0.2.1","dstaddr":"192.0.2.2","srcport":1,"dstport":443,"protocol":6,"packets":3,"bytes":120,"start":1769680862,"end":1769680864,"action":"REJECT"}`, want: `flow | @1769680862 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | connection.state=REJ | source.port=1 | destination.port=443 | event.duration=2 | source.bytes=120 | source.packets=3`},
		{name: "dns", text: `{"client":"192.0.2.1","query":"a.example","qtype":28,"rcode":3,"answers":["x","y"]}`, want: `dns | source.ip=192.0.2.1 | dns.question.name=a.example | dns.question.type=AAAA | dns.response_code=NXDOMAIN | dns.answers.data=x,y | dns.answers.count=2`},
		{name: "login", text: `{"time":"2026-01-29T10:01:02Z","user":"ann","ip":"192.0.2.1","event":"x","action":"login_failed"}`, want: `auth | @1769680862 | source.ip=192.0.2.1 | user.name=ann | event.action=login | event.outcome=failure`},
		{
			name: "Windows",
			text: `{"EventID":4625,"Hostname":"WS1","TargetUserName":"ann","SubjectUserName":"-","IpAddress":"::ffff:192.0.2.1","IpPort":"50000","LogonType":"3","Status":"0xc000006d","SubStatus":"0xc0000064"}` + "\n" +
				`{"winlog":{"event_id":"4720","event_data":{"TargetUserName":"new","SubjectUserName":"adm"}},"host":{"name":"DC"}}` + "\n" + `{"EventID":4768,"Hostname":"DC","TargetUserName":"ann","Status":"0x0"}` + "\n" + `{"EventID":5156,"Hostname":"WS1"}`,
			want: "auth | source.ip=192.0.2.1 | host.name=WS1 | user.name=ann | event.action=login | event.outcome=failure | event.reason=invalid-user | source.port=50000 | event.code=4625\n" +
				"auth | host.name=DC | user.name=adm | user.target.name=new | event.action=account | event.outcome=success | event.reason=user-added | event.code=4720\n" +
				"auth | host.name=DC | user.name=ann | event.action=login | event.outcome=success | event.code=4768\nerror: " + string(ErrWindowsID),
		},
		{
			name: "cowrie",
			text: `{"eventid":"cowrie.login.failed","username":"root","password":"1","src_ip":"192.0.2.1","sensor":"h"}` + "\n" + `{"eventid":"cowrie.command.input","input":"ls","src_ip":"192.0.2.1","protocol":"telnet"}`,
			want: "auth | source.ip=192.0.2.1 | host.name=h | user.name=root | network.protocol=ssh | event.action=login | event.outcome=failure | event.reason=bad-password\nauth | source.ip=192.0.2.1 | network.protocol=telnet | event.action=command | process.command_line=ls",
		},
		{name: "CloudTrail", text: `{"Records":[{"eventTime":"2026-01-29T10:01:02Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","sourceIPAddress":"192.0.2.1","userIdentity":{"userName":"ann"},"errorCode":"Failed"}]}`, want: `auth | @1769680862 | source.ip=192.0.2.1 | user.name=ann | process.name=signin.amazonaws.com | event.action=login | event.outcome=failure | process.command_line=ConsoleLogin`},
		{name: "forced kind", text: `{"host":"a.example"}`, o: Options{Kind: DNS}, want: `dns | dns.question.name=a.example`},
		{name: "nothing known", text: `{"foo":1}`, want: "error: " + string(ErrNoFields)},
		{name: "no event", text: `{"message":"hello"}`, want: "error: " + string(ErrKind)},
		{name: "trailing text", text: `{"url":"/"} x`, want: "error: " + string(ErrJSON)},
		{name: "no object", text: `"url"`, want: "error: " + string(ErrJSON)},
	})
}

func TestEVE(t *testing.T) {
	const head = `{"timestamp":"2026-01-29T10:01:02.5+0000","src_ip":"192.0.2.1","src_port":5000,"dest_ip":"192.0.2.2","dest_port":80,"proto":"TCP","host":"sensor",`
	const ends = "@1769680862.5 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | host.name=sensor"
	testFields(t, eveFormat(), []fieldTest{
		{name: "http", text: head + `"event_type":"http","http":{"hostname":"h.example","url":"/a?b","http_user_agent":"ua","http_content_type":"text/html","http_method":"GET","http_refer":"r","status":200,"length":77,"request_headers":[{"name":"A","value":"1"}]}}`, want: "http | " + ends + " | http.request.method=GET | url.original=/a?b | url.domain=h.example | user_agent.original=ua | http.request.referrer=r | http.request.headers=A: 1\n | source.port=5000 | destination.port=80 | http.response.status_code=200 | http.response.bytes=77"},
		{name: "dns query", text: head + `"event_type":"dns","dns":{"type":"query","rrname":"q.example","rrtype":"TXT"}}`, want: "dns | " + ends + " | network.transport=tcp | dns.question.name=q.example | dns.question.type=TXT | source.port=5000 | destination.port=80"},
		{name: "dns answer, version 2", text: head + `"event_type":"dns","dns":{"version":2,"type":"answer","rrname":"q.example","rrtype":"A","rcode":"NOERROR","answers":[{"rrname":"q.example","rrtype":"A","ttl":1,"rdata":"192.0.2.9"},{"rdata":"192.0.2.10"}],"grouped":{"A":["192.0.2.9","192.0.2.10"]}}}`, want: "dns | " + ends + " | network.transport=tcp | dns.question.name=q.example | dns.question.type=A | dns.response_code=NOERROR | dns.answers.data=192.0.2.9,192.0.2.10 | source.port=5000 | destination.port=80 | dns.answers.count=2"},
		{name: "dns answer, grouped only", text: head + `"event_type":"dns","dns":{"rrname":"q.example","grouped":{"A":["192.0.2.9"],"CNAME":["c.example"]}}}`, want: "dns | " + ends + " | network.transport=tcp | dns.question.name=q.example | dns.answers.data=192.0.2.9,c.example | source.port=5000 | destination.port=80 | dns.answers.count=2"},
		{name: "dns, version 3", text: head + `"event_type":"dns","dns":{"version":3,"type":"request","queries":[{"rrname":"q.example","rrtype":"A"}]}}`, want: "dns | " + ends + " | network.transport=tcp | dns.question.name=q.example | dns.question.type=A | source.port=5000 | destination.port=80"},
		{name: "flow", text: head + `"event_type":"flow","app_proto":"failed","flow":{"pkts_toserver":3,"pkts_toclient":2,"bytes_toserver":180,"bytes_toclient":120,"start":"2026-01-29T10:01:00.5+0000","end":"2026-01-29T10:01:02.75+0000","age":2,"state":"closed"}}`, want: "flow | " + strings.Replace(ends, "62.5", "60.5", 1) + " | network.transport=tcp | connection.state=SF | source.port=5000 | destination.port=80 | event.duration=2.25 | source.bytes=180 | destination.bytes=120 | source.packets=3 | destination.packets=2"},
		{name: "alert with a request", text: head + `"event_type":"alert","alert":{"action":"allowed"},"http":{"url":"/x","status":404}}`, want: "http | " + ends + " | url.original=/x | source.port=5000 | destination.port=80 | http.response.status_code=404"},
		{name: "alert without", text: head + `"event_type":"alert","alert":{"action":"allowed"}}`, want: "error: " + string(ErrEVEType)},
		{name: "other type", text: head + `"event_type":"tls","tls":{"sni":"a"}}`, want: "error: " + string(ErrEVEType)},
	})
}

func TestZeek(t *testing.T) {
	conn := strings.ReplaceAll("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2026\n#fields ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents label\n", " ", "\t")
	conn = strings.Replace(conn, "#separator\t", "#separator ", 1)
	testFields(t, zeekFormat(), []fieldTest{
		{
			name: "conn", text: conn + "1769680862.5\tC1\t192.0.2.1\t5000\t192.0.2.2\t80\ttcp\thttp\t1.5\t10\t20\tSF\tShADadfF\t4\t200\t5\t300\t(empty)\tMalicious\n#close\t2026\n",
			want: "flow | @1769680862.5 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | network.protocol=http | connection.state=SF | connection.history=ShADadfF | source.port=5000 | destination.port=80 | event.duration=1.5 | source.bytes=200 | destination.bytes=300 | source.packets=4 | destination.packets=5",
		},
		{
			name: "unset fields, label joined with blanks", text: conn + "1\tC1\t192.0.2.1\t5000\t192.0.2.2\t80\tudp\t-\t-\t-\t-\tS0\tD\t1\t40\t0\t0\t-   Benign   x\n",
			want: "flow | @1 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=udp | connection.state=S0 | connection.history=D | source.port=5000 | destination.port=80 | source.bytes=40 | destination.bytes=0 | source.packets=1 | destination.packets=0",
		},
		{name: "cut line", text: conn + "1\tC1\t192.0.2.1\n", want: "error: " + string(ErrFields)},
		{name: "too many cells", text: conn + strings.Repeat("1\t", 30) + "\n", want: "error: " + string(errCells)},
		{name: "http with escapes", text: "#path\thttp\n#fields\tts\tid.orig_h\tmethod\thost\turi\tuser_agent\tstatus_code\n1\t192.0.2.1\tGET\th.example\t/\\x09a\\xff\\x5c\tua\t200\n", want: "http | @1 | source.ip=192.0.2.1 | http.request.method=GET | url.original=/\ta\xff\\ | url.domain=h.example | user_agent.original=ua | http.response.status_code=200"},
		{name: "ssh", text: "#path\tssh\n#fields\tts\tid.orig_h\tauth_success\tauth_attempts\tclient\n1\t192.0.2.1\tF\t3\tSSH-2.0-Go\n1\t192.0.2.1\t-\t0\t-\n", want: "auth | @1 | source.ip=192.0.2.1 | network.protocol=ssh | event.action=login | event.outcome=failure\nauth | @1 | source.ip=192.0.2.1 | network.protocol=ssh | event.action=connect"},
		{name: "dns", text: "#path\tdns\n#fields\tts\tid.orig_h\tquery\tqtype\tqtype_name\trcode\trcode_name\tanswers\n1\t192.0.2.1\ta.example\t1\tA\t3\tNXDOMAIN\t-\n", want: "dns | @1 | source.ip=192.0.2.1 | dns.question.name=a.example | dns.question.type=A | dns.response_code=NXDOMAIN"},
		{name: "log that is not read", text: "#path\tx509\n#fields\tts\tid\n1\t2\n", want: "error: " + string(ErrZeekPath)},
		{name: "no header", text: "1\t2\n", want: "error: " + string(errZeekFields)},
		{name: "header that names nothing known", text: "#path\tconn\n#fields\tfoo\tbar\n1\t2\n", want: "error: " + string(ErrNoFields)},
		{name: "other separator", text: "#separator \\x7c\n#path|conn\n#fields|id.orig_h|id.resp_h|proto\n192.0.2.1|192.0.2.2|tcp\n", want: "flow | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp"},
	})
	testFields(t, zeekJSONFormat(), []fieldTest{
		{name: "JSON conn", text: `{"ts":1.5,"uid":"C1","id.orig_h":"192.0.2.1","id.orig_p":1,"id.resp_h":"192.0.2.2","proto":"tcp","conn_state":"S0","orig_ip_bytes":40}`, want: "flow | @1.5 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | connection.state=S0 | source.port=1 | source.bytes=40"},
		{name: "JSON by path", text: `{"_path":"dns","ts":1,"id.orig_h":"192.0.2.1","query":"a.example","answers":["b","c"]}`, want: "dns | @1 | source.ip=192.0.2.1 | dns.question.name=a.example | dns.answers.data=b,c | dns.answers.count=2"},
		{name: "JSON of another log", text: `{"_path":"files","ts":1,"id.orig_h":"192.0.2.1"}`, want: "error: " + string(ErrZeekPath)},
	})
}

func TestCSV(t *testing.T) {
	common := "ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,src_pkts,dst_pkts,src_bytes,dst_bytes,label\n"
	testFields(t, csvFormat(), []fieldTest{
		{name: "common flow form", text: "\xef\xbb\xbf" + common + "1.5,192.0.2.1,5000,192.0.2.2,80,tcp,0.5,4,5,200,300,0\r\n", want: "flow | @1.5 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | source.port=5000 | destination.port=80 | event.duration=0.5 | source.bytes=200 | destination.bytes=300 | source.packets=4 | destination.packets=5"},
		{name: "label missing, header again, blank line", text: common + "\n1,a,1,b,2,udp,0,1,0,40,0\n" + common, want: "flow | @1 | source.ip=a | destination.ip=b | network.transport=udp | source.port=1 | destination.port=2 | event.duration=0 | source.bytes=40 | destination.bytes=0 | source.packets=1 | destination.packets=0"},
		{
			name: "Argus", text: "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,SrcPkts,Label\n" +
				"2026/01/29 10:01:02.5,1.5,tcp,192.0.2.1,5000,   ->,192.0.2.2,80,FSPA_FSA,0,0,9,500,200,4,\n" +
				"2026/01/29 10:01:02,0,icmp,192.0.2.1,0x0008,  <->,192.0.2.2,0x2d34,ECO,0,0,2,156,78,1,x\n",
			want: "flow | @1769680862.5 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | connection.state=SF | connection.history=FSPA_FSA | source.port=5000 | destination.port=80 | event.duration=1.5 | source.bytes=200 | destination.bytes=300 | source.packets=4 | destination.packets=5\n" +
				"flow | @1769680862 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=icmp | connection.state=OTH | source.port=8 | destination.port=11572 | event.duration=0 | source.bytes=78 | destination.bytes=78 | source.packets=1 | destination.packets=1",
		},
		{name: "nfdump", text: "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,opkt,obyt\n2026-01-29 10:01:02,2026-01-29 10:01:03,1.000,192.0.2.1,192.0.2.2,1,2,17,......,3,120,0,0\n", want: "flow | @1769680862 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=udp | connection.history=...... | source.port=1 | destination.port=2 | event.duration=1 | source.bytes=120 | destination.bytes=0 | source.packets=3 | destination.packets=0"},
		{name: "IPFIX", text: "flowStartMilliseconds;flowEndMilliseconds;sourceIPv4Address;destinationIPv4Address;sourceTransportPort;destinationTransportPort;protocolIdentifier;octetDeltaCount;packetDeltaCount\n1769680862000;1769680862500;192.0.2.1;192.0.2.2;1;2;6;120;3\n", want: "flow | @1769680862 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | source.port=1 | destination.port=2 | event.duration=0.5 | source.bytes=120 | source.packets=3"},
		{name: "SiLK", text: "            sIP|            dIP|sPort|dPort|pro|   packets|     bytes|   flags|                  sTime|  duration|\n      192.0.2.1|      192.0.2.2| 5000|   80|  6|         4|       200| S      |2026/01/29T10:01:02.000|     0.250|\n", want: "flow | @1769680862 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | connection.history=S | source.port=5000 | destination.port=80 | event.duration=0.25 | source.bytes=200 | source.packets=4"},
		{name: "VPC flow log", text: "version srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n2 192.0.2.1 192.0.2.2 5000 22 6 1 40 1769680862 1769680863 REJECT OK\n", want: "flow | @1769680862 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | network.transport=tcp | connection.state=REJ | source.port=5000 | destination.port=22 | event.duration=1 | source.bytes=40 | source.packets=1"},
		{name: "names with labels", text: "domain,label,family\nq7x.example,1,dga\n", want: "dns | dns.question.name=q7x.example"},
		{name: "quotes", text: "time\tuser\tip\tresult\tua\n2026-01-29T10:01:02Z\t\"a \"\"b\"\"\"\t192.0.2.1\tsuccess\t\"x\ty\"\n1\t\"a\n1\t\"a\"b\t\t\t\n", want: "auth | @1769680862 | source.ip=192.0.2.1 | user.name=a \"b\" | user_agent.original=x\ty | event.action=login | event.outcome=success\nerror: " + string(ErrQuote) + "\nerror: " + string(ErrQuote)},
		{name: "too few and too many cells", text: "domain,qtype\na.example\na.example,A,x\na.example,A,\n", want: "error: " + string(ErrFields) + "\nerror: " + string(errCells) + "\ndns | dns.question.name=a.example | dns.question.type=A"},
		{name: "date and clock apart", text: "date,time,src_ip,dst_ip,bytes\n2026-01-29,10:01:02,192.0.2.1,192.0.2.2,1\n", want: "flow | @1769680862 | source.ip=192.0.2.1 | destination.ip=192.0.2.2 | source.bytes=1"},
		{name: "header that names nothing", text: "foo,bar\n1,2\n", want: "error: " + string(ErrHeader) + "\nerror: " + string(ErrHeader)},
		{name: "comment and title above the table", text: "# made by x\nReport\ndomain,qtype\na.example,A\n", want: "error: " + string(ErrHeader) + "\ndns | dns.question.name=a.example | dns.question.type=A"},
		{name: "mapped column", text: "foo,bar\na.example,2\n", o: Options{Map: map[string]string{"FOO": "dns.question.name"}}, want: "dns | dns.question.name=a.example"},
	})
}

func TestCSVCells(t *testing.T) {
	const text = "a;\"b c\";label\n1;\"x \"\"y\"\"\";0\n;2;1\n1;2\n"
	r, err := NewReader(strings.NewReader(text), csvFormat(), Options{Kind: Table})
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	var got []string
	for r.Next(&b) == nil {
		if names := strings.Join(Columns(b.Parser), "|"); names != "a|b c|label" {
			t.Errorf("columns %q", names)
		}
		b.Parse()
		for i := range b.Events {
			e := &b.Events[i]
			if e.Err != nil {
				got = append(got, e.Err.Error())
				continue
			}
			row := e.Kind.String()
			for _, s := range b.Cells[e.Cells.Off : e.Cells.Off+e.Cells.Len] {
				row += "|" + string(b.Bytes(s))
			}
			got = append(got, row)
		}
	}
	if want := "table|1|x \"y\"|0\ntable||2|1\n" + string(ErrFields); strings.Join(got, "\n") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFlowState(t *testing.T) {
	for _, tt := range []struct{ theirs, transport, want string }{
		{"S_", "tcp", "S0"},
		{"S_RA", "tcp", "REJ"},
		{"FSPA_FSPA", "tcp", "SF"},
		{"SRPA_SPA", "tcp", "RSTO"},
		{"SPA_SRPA", "tcp", "RSTR"},
		{"FSPA_SPA", "tcp", "S2"},
		{"SPA_FSPA", "tcp", "S3"},
		{"SPA_SPA", "tcp", "S1"},
		{"PA_PA", "tcp", "OTH"},
		{"CON", "udp", "SF"},
		{"CON", "tcp", "S1"},
		{"INT", "udp", "S0"},
		{"established", "tcp", "S1"},
		{"RSTOS0", "tcp", "RSTOS0"},
		{"what", "tcp", ""},
	} {
		b := &Batch{Buf: []byte(tt.theirs + tt.transport)}
		b.Records = len(b.Buf)
		e := new(Event)
		e.Reset()
		var r record
		r.reset(b, e, 0, Flow)
		r.put(alias{slot: xState}, Span{0, uint32(len(tt.theirs))})
		r.put(alias{slot: slot(Transport)}, Span{uint32(len(tt.theirs)), uint32(len(tt.transport))})
		r.flow()
		if got := string(b.Text(e, ConnState)); got != tt.want {
			t.Errorf("%s over %s: %q, want %q", tt.theirs, tt.transport, got, tt.want)
		}
	}
}

func TestAliasesAreUnambiguous(t *testing.T) {
	seen := map[uint64]string{}
	meaning := map[uint64]slot{}
	n := 0
	for _, k := range wellKnown {
		eachWord(k.names, func(name string) {
			n++
			h := nameHash([]byte(name))
			if _, twice := seen[h]; twice {
				t.Errorf("%s is listed twice, as slots %d and %d", name, meaning[h], k.slot)
			}
			seen[h], meaning[h] = name, k.slot
		})
	}
	if 2*n > aliasSlots {
		t.Errorf("%d names in a table of %d", n, aliasSlots)
	}
	for f := range NumText {
		if s := fieldSlot(f.String()); s != slot(f) {
			t.Errorf("%s has slot %d", f, s)
		}
	}
	for f := range NumNum {
		if s := fieldSlot(f.String()); s != numSlot+slot(f) {
			t.Errorf("%s has slot %d", f, s)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"0", 0, true},
		{"-12.5", -12.5, true},
		{" +7 ", 7, true},
		{"0.1", 0.1, true},
		{"123456789012345678901234567890", 123456789012345678901234567890, true},
		{"1655071198.444458", 1655071198.444458, true},
		{"9007199254740993", 9007199254740992, true},
		{"0.30000000000000004", 0.30000000000000004, true},
		{"8.5E-5", 8.5e-5, true},
		{"4.294967e+09", 4294967000, true},
		{"0x000b", 11, true},
		{"0xC000006D", 0xC000006D, true},
		{"", 0, false},
		{".", 0, false},
		{"-", 0, false},
		{"e5", 0, false},
		{"1e999", 0, false},
		{"Inf", 0, false},
		{"nan", 0, false},
		{"1_000", 0, false},
		{"0x", 0, false},
		{"0xg", 0, false},
		{"1.2.3", 0, false},
		{"10.0.0.1", 0, false},
		{strings.Repeat("1", 65), 0, false},
	} {
		if got, ok := parseNumber([]byte(tt.text)); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: %v %v, want %v %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1", "-1.5", "0.1", "1e5", "9007199254740993", "0.000000000000000000000001", "0xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseNumber([]byte(text))
		if !ok || strings.ContainsAny(text, "xX") {
			return
		}
		if want, err := strconv.ParseFloat(strings.Trim(text, " \t"), 64); err != nil || want != got {
			t.Fatalf("%q: %v, strconv says %v, %v", text, got, want, err)
		}
	})
}
