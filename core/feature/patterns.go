package feature

// patterns are the attack markers: what attacks of a class hold and ordinary
// text does not, by hand from what the attacks do (function names, paths,
// schemes, the shapes that checks read). They are lower-case; a blank stands
// for any white space.
var patterns = []group{
	// SQL injection: shapes first.
	{ClassSQLI, strong, anywhere, asUnion, []string{"union"}},
	{ClassSQLI, medium, inValues | inHeader | inPath, asSelect, []string{"select"}},
	{ClassSQLI, strong, anywhere, asTautology, []string{"or", "and", "||", "&&", "xor", "having"}},
	{ClassSQLI, medium, inValues | inPath, asTautology, []string{"where", "rlike"}},
	{ClassSQLI, strong, anywhere, asBreakout, []string{"'", `"`}},
	{ClassSQLI, medium, inValues | inPath | inHeader, asComment, []string{"--", "#"}},
	{ClassSQLI, strong, inValues | inPath | inHeader, asStacked, []string{";"}},
	{ClassSQLI, strong, anywhere, asCall, []string{
		"extractvalue", "updatexml", "pg_sleep", "dbms_pipe.receive_message", "dbms_lock.sleep", "utl_inaddr.get_host_address",
		"utl_inaddr.get_host_name", "utl_http.request", "ctxsys.drithsx.sn", "xmltype", "load_file", "group_concat", "benchmark",
		"make_set", "elt", "row_count", "randomblob", "generate_series", "xp_cmdshell", "sp_oacreate", "name_const",
		"gtid_subset", "json_keys", "sys_context", "st_latfromgeohash", "polygon", "multipoint", "linestring",
	}},
	{ClassSQLI, medium, inValues | inPath | inHeader, asCall, []string{
		"sleep", "concat", "concat_ws", "char", "chr", "ascii", "substring", "substr", "mid", "ord", "unhex", "hex", "count", "floor",
		"rand", "cast", "convert", "version", "database", "user", "current_user", "ifnull", "nullif", "iif", "coalesce",
		"values", "exp", "md5", "length", "len", "rtrim", "ltrim", "decode", "to_char", "upper", "lower", "order by", "from", "exists", "not in", "if",
	}},
	{ClassSQLI, strong, anywhere, always, []string{
		"information_schema", "waitfor delay", "waitfor time", "into outfile", "into dumpfile", "procedure analyse", "xp_cmdshell",
		"master..", "master.dbo", "sysobjects", "syscolumns", "sysibm.", "sysdatabases", "pg_catalog", "sqlite_master", "rdb$", "domain.domains", "domain.tables",
		"all_users as", "from dual", "sys.all_tables", "mysql.user", "msysaccessobjects", "all_tables", "all_tab_columns", "user_tables",
		"@@version", "@@datadir", "@@hostname", "/*!", "sp_password", "sp_executesql", "group by x having",
		"union select", "union all select", "order by 1--", "null,null", "begin declare", "autonomous_transaction", "crypt_key", "regexp_substring",
	}},
	{ClassSQLI, medium, inValues | inPath | inHeader, always, []string{
		"/**/", "'||'", "'+'", ") as ", "as t1", "'||(", "||(", "'%'='", "%')", "' and ", "' or ", "0x3a", "0x71", "0x7e", "'='", "select(", "end)", "null--", "else ",
	}},
	{ClassSQLI, medium, inValues | inPath | inHeader, asSentence, []string{
		"insert into", "delete from", "drop table", "drop database", "create table", "alter table", "truncate table", "group by", "order by",
		"case when", "is null", "is not null", "limit 1", "select count", "exec master", "declare @", "not like", "then 1", "then null", "in boolean mode", "order by rand",
	}},
	{ClassSQLI, weak, inValues | inPath, always, []string{"/*"}}, // and so a reason to read the value without comments
	{ClassSQLI, weak, inValues | inPath | inHeader, asSentence, []string{"like", "rlike", "where", "between", "then", "having", "shutdown"}},
	{ClassSQLI, medium, inValues | inPath | inHeader, asWord, []string{"1=1", "1=2", "1=0", "current_user", "session_user", "system_user"}},
	// NoSQL: operators where a form or JSON has a name.
	{ClassSQLI, strong, inValues | inHeader, always, []string{
		"[$ne]", "[$gt]", "[$lt]", "[$gte]", "[$regex]", "[$where]", "[$nin]", "[$exists]", "\"$ne\"", "\"$gt\"", "\"$where\"", "\"$regex\"", "\"$nin\"", "'$ne'", "$where:",
	}},
	// LDAP and XPath.
	{ClassSQLI, medium, inValues, always, []string{"*)(", ")(|(", "(objectclass=", ")(uid=", "*)(&", "']|//*", "count(//", "/text()", "]/parent::", "or name()="}},

	// Cross-site scripting.
	{ClassXSS, strong, anywhere, always, []string{
		"<script", "</script", "javascript:", "vbscript:", "data:text/html", "<svg/", "<iframe", "<embed", "<object", "<meta http", "srcdoc=", "document.cookie", "document.write",
		"document.location", "window.location=", "string.fromcharcode", "<!entity xss", "onerror=", "onload=", "onmouseover=", "onfocus=", "ontoggle=", "-moz-binding", "alert`", "java script:",
		"xss:expression", "style=xss", "@import'", "livescript:", "mocha:", "behavior:url", "!--><", "\"><", "'><", "prompt`", "confirm`", "eval(atob", "]]><", "<xss", "<x ", "x:expr/**/",
	}},
	{ClassXSS, medium, anywhere, asCall, []string{"alert", "prompt", "confirm", "eval", "settimeout", "setinterval", "fetch", "expression", "import", "atob", "window.open", "document.getelementbyid"}},
	{ClassXSS, medium, anywhere, asTag, []string{"<"}},
	{ClassXSS, medium, anywhere, asHandler, []string{"on"}},
	{ClassXSS, medium, inValues | inPath | inHeader, always, []string{
		"<svg", "<img", "<body", "<style", "<link", "<base", "<marquee", "<input", "<form", "<video", "<audio", "<details", "<math", "<table", "<div", "<isindex", "<textarea", "<xml", "<layer", "<bgsound", "<frameset", "<a href", "src=", "href=", "/onload", "autofocus", "xlink:href", "<!--", "-->", "constructor[", "__proto__", "xmlhttprequest", "innerhtml", "this.src", "top[", "self[", "window[",
	}},

	// Path traversal.
	{ClassTraversal, medium, anywhere, asDotDot, []string{"../", `..\`}},
	{ClassTraversal, strong, anywhere, always, []string{"..;/", "/..;", `.\.\`, "..%", "%2e%2e", "%252e", "/%2e", ".../...//", "..0x2f", "..0x5c", "0x2e0x2e", "/././.", "..u2216", "..%%", "..\x00", "/..../", "..//..", `..\\`}},
	{ClassTraversal, medium, anywhere, asEnd, []string{"/..", `\..`}},
	{ClassTraversal, medium, inPath | inValues, always, []string{"........", "//////", "inetpub", "etcpasswd"}},
	{ClassTraversal, strong, anywhere, always, []string{
		"/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/group", "/etc/issue", "/etc/motd", "/proc/self", "/proc/version", "/proc/cpuinfo", "/proc/cmdline",
		"boot.ini", "win.ini", "system.ini", `windows\system32`, "windows/system32", `\winnt`, "/winnt/", "/windows/win", "web-inf/", "meta-inf/", "/.ssh/", "id_rsa", "/root/.",
		"/var/log/", "/.bash_history", "/etc/mysql", "/etc/apache2", "/etc/httpd", "/etc/nginx", "/etc/ssh", "/usr/local/apache", "/etc/security", "/etc/crontab", "/var/mail/", "/etc/resolv.conf", "/etc/fstab",
		"php.ini", "my.cnf", "httpd.conf", `inetpub\`, "inetpub/", "autoexec.bat", "config.sys", "/boot/grub", "ntuser.dat", `repair\sam`, "repair/sam", "/var/www/", `c:\windows`, "c:/windows", "c:/boot", `c:\boot`,
	}},
	{ClassTraversal, medium, inValues, asStart, []string{"/etc/", "/proc/", "/var/", "/usr/", "/root/", "/bin/", "/opt/", "file:/", `c:\`, "c:/", `\\`, "/boot/"}},
	{ClassTraversal, medium, inValues | inPath, always, []string{".htaccess", ".htpasswd", "access.log", "access_log", "error.log", "error_log", "\x00."}},

	// Command injection.
	{ClassCommand, strong, inValues | inPath | inHeader, asShell, []string{";", "|", "&", "`"}},
	{ClassCommand, medium, inValues | inPath | inHeader, asShell, []string{"\n"}},
	{ClassCommand, medium, inValues, asArgument, []string{
		"cat", "ls", "uname", "wget", "curl", "ping", "nc", "bash", "sh", "rm", "chmod", "python", "perl", "nslookup", "dir", "type", "cmd", "cmd.exe", "powershell", "find", "echo", "id", "net", "tftp", "netstat", "ps", "head", "tail", "xp_cmdshell",
	}},
	{ClassCommand, strong, anywhere, always, []string{
		"/bin/sh", "/bin/bash", "/bin/cat", "/bin/ls", "/bin/id", "/bin/ping", "/usr/bin/id", "/usr/bin/wget", "/usr/bin/curl", "/usr/bin/perl", "/usr/bin/python", "/bin/uname", "/bin/echo", "/dev/tcp/", "$ifs", "${ifs}", "cmd.exe", "cmd /c", "cmd+/c", "powershell -", "powershell.exe", "-encodedcommand",
		"invoke-expression", "invoke-webrequest", "downloadstring", "new-object net.webclient", "start-process", "busybox", "wget http", "curl http", "wget+http", "curl -", "tftp -g", "chmod 777", "chmod +x", "rm -rf", "nc -e", "nc -l", "-e /bin", "bash -c", "bash -i", "sh -c", "mkfifo",
		"() { :", "(){", "ls -l", "uname -a", "cat /", "| cat", "ping -c", "ping -n", "ping -i", "sleep 5", "net user", "netsh firewall", "certutil -", "bitsadmin", "mshta", "regsvr32", "rundll32", "wscript", "cscript", "xp_cmdshell", "> /tmp/", ">/tmp/", "cd /tmp", "/tmp/;", "&&cat", "|cat", "/dev/null", "%comspec%", "c:\\\\", "dir c:", "type c:", "echo y|", "net localgroup", "0>&1", "2>&1", "<!--#exec", "<!--#include", "<!--#echo",
	}},
	{ClassCommand, strong, inValues | inPath | inHeader, asSubshell, []string{"$("}},
	{ClassCommand, medium, inValues | inPath | inHeader, asSubshell, []string{"`"}},
	{ClassCommand, medium, inValues | inPath, always, []string{"$((", "$@", "$'\\", "/???/"}},

	// Code injection: PHP, Java, .NET, templates, Node, serialised objects.
	{ClassCode, strong, anywhere, always, []string{
		"<?php", "<?=", "phpinfo()", "base64_decode(", "eval($", "assert($", "system($", "passthru(", "shell_exec(", "popen(", "proc_open(", "$_get[", "$_post[", "$_request[", "$_server[", "file_put_contents", "create_function", "call_user_func", "array_map(", "preg_replace(", "die(md5", "print(md5", "echo md5", "die(@md5", "invokefunction", "allow_url_include", "auto_prepend_file", "${@print", "${@", "@assert", "gzinflate(", "str_rot13(", "ini_set(",
		"java.lang.runtime", "java.lang.processbuilder", "getruntime()", "processbuilder", "ognl.", "#_memberaccess", "@java.lang", "%{(#", "%{#", "#context[", "xwork2", "multipart/form-data')", "redirect:${", "action:${", "class.module.classloader", "class.classloader", "t(java.lang", "getclass().forname", "spring.cloud.function", "freemarker.template", "$class.inspect", "#set($", "new java.", "javax.script", "scriptenginemanager", "org.apache.commons", "com.sun.rowset", "@type\":\"com", "com.sun.org", "bsh.servlet", "groovy.lang", "execute(\"", "dllimport", "system.diagnostics",
		"__class__", "__mro__", "__subclasses__", "__globals__", "__builtins__", "__import__", "os.popen", "os.system", "subprocess.", "{{config", "{{self", "{{request", "lipsum.", "cycler.", "{%import", "{% import", "_self.env", "require('child_process", "require(\"child_process", "child_process", "process.mainmodule", "constructor.constructor", "__proto__[", "__proto__.", "constructor.prototype", "\"__proto__\"",
		"ro0ab", "\xac\xed\x00\x05", "aced0005", "_$$nd_func$$_", "node-serialize", "ysoserial", "!!javax", "!!python/", "yaml.load", "objectdataprovider", "aaeaaad/////", "typeconfuse",
	}},
	{ClassCode, strong, inValues, always, []string{"o:1:\"", "o:4:\"", "o:8:\"", "o:9:\"", "o:10:\"", "o:11:\"", "o:12:\"", "o:14:\"", "o:18:\"", "o:21:\"", "o:22:\"", ":{s:", "|o:"}},
	{ClassCode, medium, inValues | inPath | inHeader, asTemplate, []string{"{{", "${", "#{", "<%=", "%{", "{%", "<%", "@{", "*{"}},
	{ClassCode, medium, anywhere, asCall, []string{"phpinfo", "system", "exec", "assert", "passthru", "md5", "print_r", "var_dump", "file_get_contents", "fopen", "readfile", "unserialize", "include", "include_once", "require", "getruntime", "forname", "chr", "base64_decode", "response.write", "sleep", "print", "printf", "putenv", "ignore_user_abort", "set_time_limit", "die"}},

	// File inclusion.
	{ClassInclusion, strong, anywhere, always, []string{"php://", "phar://", "expect://", "zip://", "zlib://", "compress.zlib", "data://text", "data:text/plain;base64", "data:,", "glob://", "ogg://", "convert.base64", "allow_url_include", "proc/self/environ", "/proc/self/fd", "jar:http", "netdoc:"}},
	{ClassInclusion, medium, inValues, asRemote, []string{"http://", "https://", "ftp://", "//", "smb://"}},
	{ClassInclusion, strong, inValues | inPath, always, []string{"file://", "file:/", "r57shell", "c99.txt", "r57.txt", "id.txt?", ".txt?", "cmd.txt", "/etc/passwd\x00"}},

	// Lookups (Log4Shell and its disguises).
	{ClassLookup, strong, anywhere, always, []string{
		"${jndi", "jndi:ldap", "jndi:rmi", "jndi:dns", "jndi:iiop", "jndi:corba", "jndi:nis", "jndi:http", "${${", "${lower:", "${upper:", "${env:", "${::-", "${sys:", "${java:", "${ctx:", "${date:", "${main:", "${base64:", "${script:", "${dns:", "${url:", "${k8s:", "${sd:", "${bundle:", "ldap://", "ldaps://", "rmi://", "/tomcatbypass/", "/basic/command", "$%7bjndi", "%24%7bjndi", "${-", ":-j}",
	}},

	// XML external entities.
	{ClassXXE, strong, anywhere, always, []string{"<!entity", "system \"file", "system 'file", "system \"http", "system 'http", "system \"php", "system \"expect", "<!doctype foo", "<!doctype test", "xi:include", "xinclude", "%remote;", "%dtd;", "%xxe;", "&xxe;", "&lol", "public \"-//b/a/en\""}},
	{ClassXXE, medium, anywhere, always, []string{"<!doctype", "<!element", "<![cdata["}},

	// Server-side request forgery.
	{ClassSSRF, strong, anywhere, always, []string{
		"169.254.169.254", "metadata.google", "/latest/meta-data", "/latest/user-data", "100.100.100.200", "gopher://", "dict://", "tftp://", "sftp://", "computemetadata", "192.0.0.192", "metadata.azure", "/metadata/instance", "2852039166", "0xa9fea9fe", "fd00:ec2",
		"://0x7f", "://2130706433", "://[::", "://0.0.0.0", "://127.1/", "://0/", "localtest.me", "nip.io", "xip.io", "burpcollaborator", "oastify.com", "interact.sh", "oast.", "dnslog", "ceye.io", "requestbin", "webhook.site", "pingb.in", "r87.me", "bxss.me", "xss.ht",
	}},
	{ClassSSRF, medium, inValues, always, []string{"://127.", "://localhost", "://10.", "://192.168.", "://172.16.", "@127.0.0.1", "@localhost", ":22/", ":6379", ":11211", ":9200", ":3306/", "://internal", "unix:/"}},

	// Response splitting and header injection.
	{ClassCRLF, strong, inURL, asHeaderLine, []string{"set-cookie:", "location:", "content-length:", "content-type:", "http/1.", "x-forwarded", "host:", "bcc:", "refresh:", "somecustominjectedheader:", "cc:", "to:", "subject:", "x-injected", "transfer-encoding:", "header-test:"}},

	// Web shells: what asks for one, or uses one.
	{ClassWebshell, strong, anywhere, always, []string{
		"c99.php", "r57.php", "wso.php", "b374k", "alfa.php", "alfacgiapi", "alfa_data", "weevely", "antsword", "behinder", "godzilla", "/shell.php", "/cmd.php", "/shell.jsp", "/cmd.jsp", "/cmd.asp", "shell.aspx", "webshell", "/phpspy", "mini.php", "/0byte.php", "/wp-conflg.php", "/wp-22.php", "/simple.php", "/xleet", "indoxploit", "marijuana.php", "/sh3ll", "/1337", "/up.php", "/uploader.php", "/upl.php", "/x.php", "/c.php", "fm.php", "filemanager.php", "/radio.php", "/lock360", "/gel4y", "/bypass.php", "/sym403", "/leaf.php", "leafmailer", "/priv8", "tiny.php", "/adminer", "eval-stdin", "chopper", "regeorg", "jexws", "jbossass", "/zecmd", "wp-file-manager", "/moduless", "/dropdown.php", "/olux", "/defau1t", "/doiconvs", "/repeater.php", "/about.php7", ".php7", ".phtml", "/errors.php?", "@eval",
	}},
	{ClassWebshell, medium, inPath, always, []string{"cmd=", "/wp-content/plugins/fix", ".php/", "/images/shell"}},
	// Ordinary sites keep pictures there and style sheets, never scripts.
	{ClassWebshell, medium, inPath, asScript, []string{"/wp-content/uploads/", "/wp-includes/", "/uploads/"}},

	// Scanners by what they call themselves, and their probes.
	{ClassScanner, strong, inAgent | inHeader, asPrefix, []string{
		"sqlmap", "nikto", "acunetix", "nessus", "netsparker", "invicti", "w3af", "wpscan", "nmap", "masscan", "zgrab", "zmap", "dirbuster", "gobuster", "dirb", "dirsearch", "feroxbuster", "ffuf", "wfuzz", "nuclei", "openvas", "qualys", "arachni", "skipfish", "havij", "hydra", "morfeus", "zmeu", "jorgee", "whatweb", "joomscan", "commix", "burp", "owasp", "appscan", "webinspect", "fuzz faster", "paros", "webshag", "grendel", "vega/", "cgichk", "jaeles", "httpx", "katana", "censys", "shodan", "l9explore", "l9tcpid", "leakix", "projectdiscovery", "expanse", "internetmeasurement", "internet-measurement", "netsystemsresearch", "stretchoid", "binaryedge", "odin", "hello, world", "hello world", "mozila", "muhstik", "gh0st", "xtc", "libredtail", "sysscan", "netcraft", "project 25499", "scaninfo", "nimbostratus", "genieacs", "custom-asynchttpclient", "modat", "visionheight", "security scan", "vulnerab", "pentest", "fimap", "sqlninja", "bsqlbf", "absinthe", "pangolin", "wvs", "n-stealth", "brutus", "blackwidow", "fhscan", "datacha0s", "xenu", "wordpress hash grabber", "kinza", "secscan", "cyberscan", "gbrmss", "rapid7", "detectify", "intruder", "probely", "tenable", "zaproxy", "whatcms", "paloalto", "t-sec", "krebs", "bot for jce", "fasthttp",
	}},
	{ClassScanner, medium, inAgent, always, []string{"scanner", "scan ", "exploit", "attack", "headlesschrome", "phantomjs"}},
	{ClassScanner, weak, inAgent, asPrefix, []string{"python-requests", "python-urllib", "go-http-client", "libwww-perl", "lwp::", "curl/", "wget/", "java/", "okhttp", "httpclient", "aiohttp", "node-fetch", "ruby", "winhttp", "axios", "restsharp", "http_request"}},
	{ClassScanner, strong, inValues | inPath | inHeader, always, []string{"acunetix", "netsparker", "appscan", "nessus", "nikto", "w3af", "sqlmap", "burpcollab", "wvs-security-test", "vulnweb", "testphp", "nosuchfile", "invicti", "openvas", "qualys", "bxss", "arachni", "nmaplowercheck", "nmapuppercheck", "trinity.txt.bak", "nice ports", "evox/about", "randomize", "sitelockpage", "88952634", "9837246", "response.write(", "print(md5(", "esi:include", "wapiti"}},

	// Probes of known sensitive paths.
	{ClassProbe, strong, inPath, always, []string{
		"/.env", "/.git", "/.svn", "/.hg/", "/.aws", "/.ssh", "/.vscode", "/.idea", "/.ds_store", "/.docker", "/.kube", "/.npmrc", "/.config", "/.htpasswd", "/.htaccess", "/.bash", "/.history", "/.travis", "/.circleci", "/.s3cfg", "/.remote", "/.local",
		"phpmyadmin", "/pma/", "/myadmin", "/mysqladmin", "/mysql-admin", "/dbadmin", "/phpmy", "/sqlmanager", "/sql/", "/websql", "/sqlweb", "/mysql/", "/pma20", "/phpma", "/webdb", "/php-my-admin", "/phpadmin", "/sqladmin",
		"/boaform", "/cgi-bin/luci", "/cgi-bin/.", "/gponform", "/hnap1", "/tmunblock", "/setup.cgi", "/goform/", "/onvif", "/shell?", "/jaws/", "/currentsetting", "/sdk/weblanguage", "/portal/redlion", "/dana-na/", "/remote/login", "/remote/fgt_lang", "/vpn/", "/vpns/", "/owa/auth", "/ecp/", "/autodiscover/", "/ews/", "/+cscoe+", "/global-protect", "/ssl-vpn", "/sslmgr", "/geoserver", "/druid/", "/nacos/", "/seeyon", "/webtools/control", "/mgmt/tm", "/tmui/", "/xmldata?", "/redfish", "/sitecore/shell", "/telescope", "/_ignition", "/_profiler", "/_debugbar", "/ueditor", "/ckfinder", "/kcfinder", "/fckeditor", "/elfinder", "/kindeditor",
		"/vendor/phpunit", "/phpunit", "eval-stdin.php", "/solr/", "/actuator", "/jolokia", "/hudson", "/jenkins", "/manager/html", "/manager/text", "/host-manager", "/jmx-console", "/web-console", "/invoker/", "/axis2", "/struts", "/wls-wsat", "/_async/", "/bea_wls", "/weblogic", "/consoles/", "/trace.axd", "/elmah.axd", "/web.config", "/v1/agent", "/v2/_catalog", "/_cat/", "/_search?", "/_all_dbs", "/_utils", "/_users", "/containers/json", "/api/jsonws", "/stalker_portal", "/thinkphp", "/index/\\think", "\\think\\", "/public/index.php?s=", "invokefunction", "/druid/index", "/admin/config.php", "/recordings/", "/a2billing", "/provisioning", "/config.json", "/config.php", "/config.yml", "/config.inc", "/configuration.php", "/wp-config", "/wp-content/debug.log", "/credentials", "/secrets", "/id_rsa", "/dump.sql", "/backup.", "/database.sql", "/db.sql", "/backup.sql", "/phpinfo", "/info.php", "/test.php", "/i.php", "/pi.php", "/php.php", "/debug/", "/.well-known/security", "/clientaccesspolicy", "/crossdomain.xml", "/muieblackcat", "/w00tw00t", "/azenv", "/hedwig.cgi", "/upnp", "/picsdesc.xml", "/wanipcn", "/ctrlt/", "/ws_utc", "/cfide", "/msadc", "/_vti_", "/scripts/..", "/iissamples", "/netgear", "/system.ini", "/nmap", "/aspera", "/nice%20ports", "/login.rsp", "/device.rsp", "/streaming/clients_live", "/evox", "/hello.world", "/php-cgi", "/ad/auth", "/user/register?element", "/cgi-mod", "/joomla", "/administrator/", "/drupal", "/magento", "/magmi", "/app/etc/local.xml", "/rss/catalog", "/downloader/", "/sftp-config", "/ftpsync", "/wlwmanifest", "/setup-config.php", "/install.php", "/fileupload", "/file-upload", "/jquery-file-upload", "/upload.php", "/plus/", "/dede", "/e/admin", "/api/v1/pods", "/eureka", "/gateway/routes", "/env.js", "/sendgrid", "/aws.", "/laravel", "/storage/logs", "/server/php",
	}},
	{ClassProbe, medium, inPath, asScript, []string{"/wp-includes/", "/wp-content/plugins"}},
	{ClassProbe, medium, inPath, always, []string{
		"/zabbix/", "/nagios", "/cacti", "/server-status", "/server-info", "/wp-login", "/xmlrpc.php", "/wp-admin", "/wp-json/wp/v2/users", "/wordpress", "/wp/", "/blog/wp", "/admin.php", "/admin/", "/login.php", "/setup.php", "/setup", "/backup", "/old/", "/bak/", "/temp/", "/tmp/", "/phpbb", "/webmail", "/roundcube", "/horde", "/owa", "/exchange", "/cpanel", "/whm", "/plesk", "/manager", "/trace", "/dump", "/shell", "/cmd",
	}},
	{ClassProbe, weak, inPath, always, []string{"/swagger", "/api-docs", "/graphiql", "/metrics", "/health", "/console", "/cgi-bin/", "/version", "/status", "/stats", "/debug"}},
	{ClassProbe, medium, inPath, asEnd, []string{
		".bak", ".old", ".sql", ".swp", ".save", ".orig", ".tar.gz", ".tgz", ".rar", ".7z", "~", ".inc", ".conf", ".cfg", ".ini", ".log", ".pem", ".key", ".mdb", ".dump", ".copy", ".tmp", ".backup",
	}},
	{ClassProbe, strong, inPath, asStart, []string{"http://", "https://", "\\x", "mgl", "\x16\x03", "\x03\x00", "ssh-", "/nmaplowercheck"}},
	{ClassProbe, strong, inValues, always, []string{"think\\app", "invokefunction", "=phpinfo", "-dallow_url", "-d allow_url", "_method=__construct", "vars[0]", "phpcredits", "e9568f3", "=php3c53b5c9", "xdebug_session_start", "author=1", "rest_route=/wp", "q=user/password", "=info.php", "next_file=netgear", "setup.cgi", "todo=syscmd", "diag_action", "dest_host=", "=com_fabrik", "=com_jce", "gponform"}},
}
