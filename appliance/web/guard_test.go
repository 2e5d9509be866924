package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A name that is not the server's gets nothing, by HTTP and HTTPS, whatever the path.
func TestHosts(t *testing.T) {
	tests := []struct {
		host string
		ours bool
	}{
		{"nas.home.arpa", true},
		{"NAS.Home.Arpa.", true},
		{"nas.home.arpa:1080", true},
		{"nas", true},
		{"localhost:80", true},
		{"192.168.7.2", true},
		{"192.168.7.2:1443", true},
		{"[fe80::1%25eth0]:80", true},
		{"[::1]", true},
		{"autoconfig.home.arpa", true},
		{"autodiscover.nas.local", true},
		{"autoconfig.example.org", false},
		{"evil.test", false},
		{"nas.home.arpa.evil.test", false},
		{"nas.home.arpa..", false},
		{"home.arpa", true},
		{"example.org", false},
		{"sub.home.arpa", false},
		{"", false},
	}
	for _, test := range tests {
		for _, scheme := range []string{"http", "https"} {
			for _, path := range []string{"/", "/mail/config-v1.1.xml", "/me", "/no-such-page"} {
				b := newBrowser(t)
				answer := b.do("GET", scheme+"://nas"+path, nil, func(r *http.Request) { r.Host = test.host })
				if refused := answer.StatusCode == http.StatusMisdirectedRequest; refused == test.ours {
					t.Errorf("%s, %s%s: %d", test.host, scheme, path, answer.StatusCode)
				} else if refused {
					if text := textOf(answer); strings.Contains(text, "nas.home.arpa") || strings.Contains(text, "3A:91") {
						t.Errorf("%s, %s%s: the refusal has data:\n%s", test.host, scheme, path, text)
					}
				}
			}
		}
	}
}

// Every answer has the headers, also a refusal; none has HSTS.
func TestHeaders(t *testing.T) {
	b := newBrowser(t)
	for _, address := range []string{"http://nas/", "http://nas/no", "http://evil.test/", site + "/log-in", "http://nas/ca.crt"} {
		answer := b.do("GET", address, nil, nil)
		for _, h := range headers {
			if got := answer.Header.Get(h[0]); got != h[1] {
				t.Errorf("%s: %s is %q", address, h[0], got)
			}
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		} {
			if got := answer.Header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q", address, name, got)
			}
		}
		if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", address, policy)
		}
		for _, name := range []string{"Strict-Transport-Security", "Server", "Access-Control-Allow-Origin"} {
			if got := answer.Header.Get(name); got != "" {
				t.Errorf("%s: %s is %q", address, name, got)
			}
		}
	}
}

// What a POST needs: each row takes one thing away.
func TestCrossSite(t *testing.T) {
	tests := []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"nothing is missing", func(*http.Request) {}, http.StatusSeeOther},
		{"no Origin, but Sec-Fetch-Site", func(r *http.Request) { r.Header.Del("Origin") }, http.StatusSeeOther},
		{"no Sec-Fetch-Site, but Origin", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }, http.StatusSeeOther},
		{"typed by the user", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, http.StatusSeeOther},
		{"neither", func(r *http.Request) { r.Header.Del("Origin"); r.Header.Del("Sec-Fetch-Site") }, http.StatusForbidden},
		{"from another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		{"from another port of the host", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
		{"another Origin", func(r *http.Request) { r.Header.Set("Origin", "https://evil.test") }, http.StatusForbidden},
		{"the Origin of HTTP", func(r *http.Request) { r.Header.Set("Origin", "http://nas.home.arpa") }, http.StatusForbidden},
		{"the Origin of another port", func(r *http.Request) { r.Header.Set("Origin", "https://nas.home.arpa:8443") }, http.StatusForbidden},
		{"no Origin that a page would tell", func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		{"two Origins", func(r *http.Request) { r.Header.Add("Origin", "https://evil.test") }, http.StatusForbidden},
		{"no cookie", func(r *http.Request) { r.Header.Del("Cookie") }, http.StatusForbidden},
		{"another kind of form", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		{"HTTP", func(r *http.Request) { r.TLS = nil; r.Header.Set("Origin", "http://nas.home.arpa") }, http.StatusForbidden},
		{"another method", func(r *http.Request) { r.Method = "PUT" }, http.StatusMethodNotAllowed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBrowser(t)
			b.logIn("anna", "first-secret")
			form := url.Values{"token": {b.token(site + "/me")}}
			answer := b.do("POST", site+"/me/test", form, test.change)
			if answer.StatusCode != test.want {
				t.Errorf("%d, want %d", answer.StatusCode, test.want)
			}
			if sent := len(b.h.sent) > 0; sent != (test.want == http.StatusSeeOther) {
				t.Errorf("%d test messages", len(b.h.sent))
			}
		})
	}
}

// The token of another session is none.
func TestTokens(t *testing.T) {
	b := newBrowser(t)
	b.logIn("ben", "other-secret")
	other := b.token(site + "/me")
	b.cookies = map[string]string{}
	b.logIn("anna", "first-secret")
	for _, token := range []string{"", other, strings.Repeat("0", 64)} {
		answer := b.do("POST", site+"/me/test", url.Values{"token": {token}}, nil)
		if answer.StatusCode != http.StatusForbidden || len(b.h.sent) > 0 {
			t.Errorf("token %q: %d", token, answer.StatusCode)
		}
	}
}

// A log-in form needs the token that belongs to its cookie, so that nobody can log a browser in to
// an account of the attacker.
func TestLogInToken(t *testing.T) {
	b := newBrowser(t)
	form := url.Values{"token": {b.token(site + "/log-in")}, "user": {"anna"}, "password": {"first-secret"}}
	own := b.cookies[loginCookie]
	for _, cookie := range []string{"", strings.Repeat("0", 64)} {
		b.cookies[loginCookie] = cookie
		if answer := b.do("POST", site+"/log-in", form, nil); answer.StatusCode != http.StatusForbidden {
			t.Errorf("with the cookie %q: %d", cookie, answer.StatusCode)
		}
	}
	b.cookies[loginCookie] = own
	if answer := b.do("POST", site+"/log-in", form, nil); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("with its cookie: %d", answer.StatusCode)
	}
}

// On HTTP there is neither a cookie nor a log-in, except from this machine to itself.
func TestPlainHTTP(t *testing.T) {
	b := newBrowser(t)
	form := url.Values{"user": {"anna"}, "password": {"first-secret"}}
	for _, path := range []string{"/", "/log-in", "/set-up/apple", "/me", "/people", "/status"} {
		answer := b.do("GET", "http://nas.home.arpa"+path, nil, nil)
		if len(answer.Cookies()) > 0 || strings.Contains(textOf(answer), `type="password"`) {
			t.Errorf("%s has a cookie or a log-in", path)
		}
	}
	if answer := b.do("POST", "http://nas.home.arpa/log-in", form, nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("log-in: %d", answer.StatusCode)
	}
	_, body := b.get("http://nas.home.arpa/log-in")
	if !strings.Contains(body, `href="https://nas.home.arpa/log-in"`) || !strings.Contains(body, "3A:91") {
		t.Errorf("no way to HTTPS, or no fingerprint:\n%s", body)
	}
	b.from = "127.0.0.1:40000"
	for host, local := range map[string]bool{"localhost": true, "127.0.0.1": true, "nas.home.arpa": false} {
		_, body := b.get("http://" + host + "/log-in")
		if strings.Contains(body, `type="password"`) != local {
			t.Errorf("from this machine by %s: %s", host, body)
		}
	}
}

// An administrator's page is for administrators, and a page of an account for those with a session.
func TestWho(t *testing.T) {
	for _, test := range []struct {
		user, password string
		own, admin     int
	}{
		{"", "", http.StatusSeeOther, http.StatusSeeOther},
		{"ben", "other-secret", http.StatusOK, http.StatusForbidden},
		{"anna", "first-secret", http.StatusOK, http.StatusOK},
	} {
		b := newBrowser(t)
		if test.user != "" {
			b.logIn(test.user, test.password)
		}
		for _, path := range []string{"/me", "/me/mail.mobileconfig"} {
			if status, _ := b.get(site + path); status != test.own {
				t.Errorf("%q: %s: %d, want %d", test.user, path, status, test.own)
			}
		}
		for _, path := range []string{"/people", "/people/ben", "/status", "/system"} {
			if status, _ := b.get(site + path); status != test.admin {
				t.Errorf("%q: %s: %d, want %d", test.user, path, status, test.admin)
			}
		}
	}
}
