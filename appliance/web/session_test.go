package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestCookieFlags(t *testing.T) {
	b := newBrowser(t)
	form := url.Values{"token": {b.token(site + "/log-in")}, "user": {"anna"}, "password": {"first-secret"}}
	header := b.do("POST", site+"/log-in", form, nil).Header.Get("Set-Cookie")
	for _, flag := range []string{"__Host-pillarbox=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(header, flag) {
			t.Errorf("%q lacks %q", header, flag)
		}
	}
	if strings.Contains(header, "Domain") || strings.Contains(header, "Max-Age") {
		t.Errorf("%q", header)
	}
}

// How a session ends.
func TestSessionEnds(t *testing.T) {
	tests := []struct {
		name string
		kept bool
		do   func(b *browser)
		ends bool
	}{
		{"not within 20 minutes", false, func(*browser) { time.Sleep(19 * time.Minute) }, false},
		{"after 20 minutes without a request", false, func(*browser) { time.Sleep(21 * time.Minute) }, true},
		{"not with a request now and then", false, func(b *browser) {
			for range 30 {
				time.Sleep(19 * time.Minute)
				b.get(site + "/me")
			}
		}, false},
		{"after 12 hours", false, func(b *browser) {
			for range 40 {
				time.Sleep(19 * time.Minute)
				b.get(site + "/me")
			}
		}, true},
		{"not within 30 days, if the user said so", true, func(*browser) { time.Sleep(29 * 24 * time.Hour) }, false},
		{"after 30 days", true, func(*browser) { time.Sleep(31 * 24 * time.Hour) }, true},
		{"with another password", false, func(b *browser) { b.h.passwords["anna"] = "another-one" }, true},
		{"with the account", false, func(b *browser) { delete(b.h.passwords, "anna") }, true},
		{"by log-out", false, func(b *browser) { b.post("/me", "/log-out", url.Values{}) }, true},
		{"by log-out elsewhere of all", false, func(b *browser) {
			mine := b.cookies[sessionCookie]
			b.logIn("anna", "first-secret")
			b.post("/me", "/log-out", url.Values{"everywhere": {"yes"}})
			b.cookies[sessionCookie] = mine
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBrowser(t)
				form := url.Values{"token": {b.token(site + "/log-in")}, "user": {"anna"}, "password": {"first-secret"}}
				if test.kept {
					form.Set("keep", "yes")
				}
				b.do("POST", site+"/log-in", form, nil)
				cookie := b.cookies[sessionCookie]
				test.do(b)
				b.cookies[sessionCookie] = cookie
				status, _ := b.get(site + "/me")
				if ended := status == http.StatusSeeOther; ended != test.ends {
					t.Errorf("status %d", status)
				}
			})
		})
	}
}

// There are four sessions of an account, and the one that was used least recently ends.
func TestSessionsOfAnAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t)
		var all []string
		for range 5 {
			b.logIn("anna", "first-secret")
			all = append(all, b.cookies[sessionCookie])
			time.Sleep(time.Second)
		}
		for i, cookie := range all {
			b.cookies[sessionCookie] = cookie
			if status, _ := b.get(site + "/me"); (status == http.StatusOK) != (i > 0) {
				t.Errorf("session %d: %d", i, status)
			}
		}
	})
}

// A wrong password and too many of them have different answers; a name without an account has none
// of its own.
func TestLogInRefused(t *testing.T) {
	b := newBrowser(t)
	for user, want := range map[string]string{"anna": "is wrong", "nobody": "is wrong", "busy": "wait a minute"} {
		form := url.Values{"token": {b.token(site + "/log-in")}, "user": {user}, "password": {"no"}}
		answer := b.do("POST", site+"/log-in", form, nil)
		body := textOf(answer)
		if answer.StatusCode != http.StatusForbidden || !strings.Contains(body, want) || !strings.Contains(body, `value="`+user+`"`) || strings.Contains(body, `value="no"`) {
			t.Errorf("%s: %d\n%s", user, answer.StatusCode, body)
		}
	}
}
