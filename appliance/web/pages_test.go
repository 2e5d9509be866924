package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pages are all that an administrator can open.
func pages() []string {
	list := []string{"/", "/log-in", "/me", "/people", "/people/ben", "/status", "/system"}
	for _, d := range devices() {
		list = append(list, "/set-up/"+d.path)
	}
	return list
}

// Each page is small, loads nothing but its style, and has neither script nor style within.
func TestWeight(t *testing.T) {
	b := newBrowser(t)
	b.logIn("anna", "first-secret")
	if !strings.Contains(string(style), "prefers-color-scheme") {
		t.Fatal("no style")
	}
	asks := regexp.MustCompile(`(?i)\b(src|href)="?([^" >]*)`)
	for _, path := range pages() {
		status, body := b.get(site + path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		if weight := len(body) + len(style); weight > 12<<10 {
			t.Errorf("%s weighs %d octets with its style", path, weight)
		}
		for _, found := range asks.FindAllStringSubmatch(body, -1) {
			if !strings.HasPrefix(found[2], "/") && !strings.HasPrefix(found[2], "#") {
				t.Errorf("%s leads to %s", path, found[2])
			}
		}
		for _, no := range []string{"<script", "<style", " style=", " onclick", "<img", "<iframe", "http-equiv"} {
			if strings.Contains(body, no) {
				t.Errorf("%s has %s", path, no)
			}
		}
		if strings.Count(body, "<h1>") != 1 || !strings.Contains(body, `<html lang="en">`) {
			t.Errorf("%s has no single heading, or no language", path)
		}
	}
}

// A person is added, and the password is on the answer alone.
func TestAddPerson(t *testing.T) {
	b := newBrowser(t)
	b.logIn("anna", "first-secret")
	answer := b.post("/people", "/people", url.Values{"name": {" carl "}})
	body := textOf(answer)
	const password = "k7dn-w3px-9qhm-2vtr"
	if answer.StatusCode != http.StatusOK || !strings.Contains(body, password) || strings.Count(body, "<svg") != 2 {
		t.Fatalf("%d:\n%s", answer.StatusCode, body)
	}
	if answer.Header.Get("Cache-Control") != "no-store" {
		t.Error("the password stays somewhere")
	}
	if weight := len(body) + len(style); weight > 24<<10 {
		t.Errorf("the sheet weighs %d octets", weight)
	}
	for _, path := range pages() {
		if _, body := b.get(site + path); strings.Contains(body, password) {
			t.Errorf("%s shows the password", path)
		}
	}
	if answer := b.post("/people", "/people", url.Values{"name": {"carl"}}); answer.StatusCode != http.StatusBadRequest || !strings.Contains(textOf(answer), "the account exists") {
		t.Errorf("twice: %d", answer.StatusCode)
	}
}

func TestChangePerson(t *testing.T) {
	b := newBrowser(t)
	b.logIn("anna", "first-secret")
	if answer := b.post("/people/ben", "/people/ben", url.Values{"do": {"password"}}); answer.StatusCode != http.StatusOK || b.h.passwords["ben"] == "other-secret" {
		t.Errorf("new password: %d", answer.StatusCode)
	}
	for _, form := range []url.Values{{"do": {"remove"}}, {"do": {"remove"}, "name": {"anna"}}, {"name": {"ben"}}} {
		if answer := b.post("/people/ben", "/people/ben", form); answer.StatusCode != http.StatusBadRequest || b.h.passwords["ben"] == "" {
			t.Errorf("%v: %d", form, answer.StatusCode)
		}
	}
	if answer := b.post("/people/ben", "/people/ben", url.Values{"do": {"remove"}, "name": {"ben"}}); answer.StatusCode != http.StatusSeeOther || b.h.passwords["ben"] != "" {
		t.Errorf("remove: %d", answer.StatusCode)
	}
	if answer := b.post("/people", "/people/ben", url.Values{"do": {"password"}}); answer.StatusCode != http.StatusNotFound {
		t.Errorf("one that is gone: %d", answer.StatusCode)
	}
}

// The last administrator stays.
func TestOnlyAdministrator(t *testing.T) {
	b := newBrowser(t)
	b.logIn("anna", "first-secret")
	form := url.Values{"do": {"remove"}, "name": {"anna"}}
	if answer := b.post("/people/anna", "/people/anna", form); answer.StatusCode != http.StatusBadRequest || !strings.Contains(textOf(answer), "this is the only administrator") {
		t.Errorf("%d", answer.StatusCode)
	}
	if b.h.passwords["anna"] == "" {
		t.Fatal("the only administrator is removed")
	}
	b.h.admins = append(b.h.admins, "ben")
	if answer := b.post("/people/anna", "/people/anna", form); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("one of two: %d", answer.StatusCode)
	}
}

// A password that has no turn is not called wrong, and the wait for it ends before the answer is
// late.
func TestNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t)
		b.logIn("ben", "other-secret")
		b.h.slow = true
		began := time.Now()
		own := textOf(b.post("/me", "/me/password", url.Values{"old": {"other-secret"}, "new": {"long-enough"}}))
		b.cookies = map[string]string{}
		in := textOf(b.post("/log-in", "/log-in", url.Values{"user": {"ben"}, "password": {"other-secret"}}))
		if waited := time.Since(began); waited != 2*checkWithin {
			t.Errorf("they took %v", waited)
		}
		for _, body := range []string{own, in} {
			if !strings.Contains(body, "too many attempts") || strings.Contains(body, "password is wrong") {
				t.Errorf("%s", body)
			}
		}
	})
}

func TestOwnPassword(t *testing.T) {
	b := newBrowser(t)
	b.logIn("ben", "other-secret")
	for _, form := range []url.Values{
		{"old": {"wrong"}, "new": {"long-enough"}},
		{"new": {"long-enough"}},
		{"old": {"other-secret"}, "new": {"short"}},
		{"old": {"other-secret"}},
	} {
		if answer := b.post("/me", "/me/password", form); answer.StatusCode < 400 || b.h.passwords["ben"] != "other-secret" {
			t.Errorf("%v: %d", form, answer.StatusCode)
		}
	}
	answer := b.post("/me", "/me/password", url.Values{"old": {"other-secret"}, "new": {"long-enough"}})
	if answer.StatusCode != http.StatusSeeOther || b.h.passwords["ben"] != "long-enough" {
		t.Fatalf("%d", answer.StatusCode)
	}
	if status, _ := b.get(site + "/me"); status != http.StatusSeeOther {
		t.Errorf("the session goes on: %d", status)
	}
}

// The state of the server, which costs a look at the spool, is for the first page alone.
func TestWell(t *testing.T) {
	b := newBrowser(t)
	for _, address := range []string{"http://evil.test/", "http://nas/robots.txt", "http://nas/set-up/apple", "http://nas/none"} {
		if b.get(address); b.h.looked != 0 {
			t.Errorf("%s looked", address)
		}
	}
	if _, body := b.get("http://nas/"); b.h.looked != 1 || !strings.Contains(body, "The server is well.") {
		t.Errorf("the first page does not show it:\n%s", body)
	}
}

// A connection is noted as one that has logged in once a session comes over it.
func TestLoggedIn(t *testing.T) {
	b := newBrowser(t)
	var noted []string
	b.s.LoggedIn = func(_ net.Conn, l Login) { noted = append(noted, l.Account) }
	b.get(site + "/")
	b.logIn("ben", "other-secret")
	if len(noted) != 0 {
		t.Fatalf("noted: %q", noted)
	}
	if b.get(site + "/me"); len(noted) != 1 || noted[0] != "ben" {
		t.Errorf("noted: %q", noted)
	}
}

// Whatever comes from elsewhere is escaped.
func TestEscaping(t *testing.T) {
	b := newBrowser(t)
	b.h.passwords["<b>"] = "x"
	b.logIn("anna", "first-secret")
	_, body := b.get(site + "/people")
	if strings.Contains(body, "<b>") || !strings.Contains(body, "&lt;b&gt;") {
		t.Errorf("a name is not escaped:\n%s", body)
	}
	answer := b.post("/people", "/people", url.Values{"name": {`"><script>`}, "password": {"x"}})
	if text := textOf(answer); strings.Contains(text, "<script>") {
		t.Errorf("what was typed is not escaped:\n%s", text)
	}
}

// A page that fails is an error of its own; the next one works.
func TestPanic(t *testing.T) {
	b := newBrowser(t)
	b.h.panics = true
	if status, body := b.get("http://nas/"); status != http.StatusInternalServerError || !strings.Contains(body, "Mail is not affected") {
		t.Errorf("%d\n%s", status, body)
	}
	b.h.panics = false
	if status, _ := b.get("http://nas/"); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// What clients read is the same on HTTP and HTTPS, for the domains of the server alone.
func TestDocuments(t *testing.T) {
	b := newBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		for address, want := range map[string]int{
			"://nas.local/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=anna@nas.local": 200,
			"://autoconfig.home.arpa/mail/config-v1.1.xml?emailaddress=anna%40home.arpa":           200,
			"://home.arpa/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=anna@home.arpa": 200,
			"://nas.local/mail/config-v1.1.xml":                                                    200,
			"://nas.local/mail/config-v1.1.xml?emailaddress=anna@example.org":                      404,
			"://nas.local/ca.crt":               200,
			"://nas.local/ca.mobileconfig":      200,
			"://nas.local/me/mail.mobileconfig": map[string]int{"http": 403, "https": 303}[scheme],
		} {
			if status, _ := b.get(scheme + address); status != want {
				t.Errorf("%s%s: %d, want %d", scheme, address, status, want)
			}
		}
	}
	for _, host := range []string{"autoconfig.home.arpa", "home.arpa"} {
		_, body := b.get("http://" + host + "/mail/config-v1.1.xml")
		if !strings.Contains(body, "<hostname>nas.home.arpa</hostname>") || !strings.Contains(body, `id="home.arpa"`) {
			t.Errorf("%s: the server's name is not that of the host:\n%s", host, body)
		}
	}
	_, body := b.get("http://nas.local/mail/config-v1.1.xml")
	if !strings.Contains(body, `id="nas.local"`) || !strings.Contains(body, "<hostname>nas.local</hostname>") {
		t.Errorf("not by the name of the asker:\n%s", body)
	}
}

// Autodiscover is a POST without a token, by any letter case of its path.
func TestAutodiscover(t *testing.T) {
	b := newBrowser(t)
	request := func(address string) func(*http.Request) {
		return func(r *http.Request) {
			body := "<Autodiscover><Request><EMailAddress>" + address + "</EMailAddress></Request></Autodiscover>"
			r.Body = io.NopCloser(strings.NewReader(body))
			r.Header.Set("Content-Type", "text/xml")
			r.Header.Del("Origin")
		}
	}
	for address, want := range map[string]int{"anna@home.arpa": 200, "anna@example.org": 404, "": 404} {
		answer := b.do("POST", "http://autodiscover.home.arpa/Autodiscover/Autodiscover.xml", nil, request(address))
		if answer.StatusCode != want {
			t.Errorf("%q: %d, want %d", address, answer.StatusCode, want)
		}
	}
}

// A connection is served and ends: by the client, and at once at the end of the server when it is
// idle, whether it has asked for something or not.
func TestServeConn(t *testing.T) {
	for _, name := range []string{"client", "server, with a connection that has asked", "server, with a silent one"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBrowser(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				near, far := net.Pipe()
				ended := make(chan error, 1)
				go func() { ended <- b.s.ServeConn(ctx, far, false) }()
				if !strings.Contains(name, "silent") {
					io.WriteString(near, "GET /robots.txt HTTP/1.1\r\nHost: nas\r\n\r\n")
					buf := make([]byte, 4096)
					n, err := near.Read(buf)
					if err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 200 OK\r\n") {
						t.Fatalf("%q, %v", buf[:n], err)
					}
					go io.Copy(io.Discard, near)
				}
				synctest.Wait()
				began := time.Now()
				if name == "client" {
					near.Close()
				} else {
					cancel()
				}
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if waited := time.Since(began); waited > 0 {
					t.Errorf("after %v", waited)
				}
				near.Close()
			})
		})
	}
}

// What is no request ends the connection, and a large one does, too.
func TestMalformed(t *testing.T) {
	b := newBrowser(t)
	for name, request := range map[string]string{
		"two hosts":        "GET / HTTP/1.1\r\nHost: nas\r\nHost: evil.test\r\n\r\n",
		"no host":          "GET / HTTP/1.1\r\n\r\n",
		"a large header":   "GET / HTTP/1.1\r\nHost: nas\r\nX: " + strings.Repeat("x", 16<<10) + "\r\n\r\n",
		"two lengths":      "POST /log-in HTTP/1.1\r\nHost: nas\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
		"a bare CR":        "GET / HTTP/1.1\r\nHost: nas\r\nX: a\rb\r\n\r\n",
		"another protocol": "EHLO nas\r\n\r\n",
		"another host":     "GET http://evil.test/ HTTP/1.1\r\nHost: nas\r\n\r\n",
	} {
		near, far := net.Pipe()
		go b.s.ServeConn(t.Context(), far, false)
		near.SetDeadline(time.Now().Add(10 * time.Second))
		go io.WriteString(near, request)
		buf := make([]byte, 64)
		n, _ := io.ReadFull(near, buf)
		near.Close()
		if !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 4") {
			t.Errorf("%s: %q", name, buf[:n])
		}
	}
}
