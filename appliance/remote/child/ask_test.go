package child

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/session"
)

// TestAsk: a child sends a form by HTTPS, to a server that it trusts by its pin or not at all.
func TestAsk(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, secret, _ := r.BasicAuth()
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/token", http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprintf(w, `{"method":%q,"form":%q,"user":%q,"secret":%q}`, r.Method, r.FormValue("a"), user, secret)
	}))
	defer s.Close()
	sum := pinOf(s.Certificate().Raw)
	p := program(t)
	got, err := p.Ask(t.Context(), oauth.Request{URL: s.URL + "/token", Form: "a=b+c", User: "id", Secret: "se", Pin: sum})
	if err != nil || got.Status != 200 || got.Fields["method"] != "POST" || got.Fields["form"] != "b c" || got.Fields["user"] != "id" || got.Fields["secret"] != "se" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := p.Ask(t.Context(), oauth.Request{URL: s.URL + "/away", Form: "a=b", Pin: sum}); err != nil || got.Status != http.StatusTemporaryRedirect {
		t.Errorf("a redirection was followed: %+v, %v", got, err)
	}
	if _, err := p.Ask(t.Context(), oauth.Request{URL: s.URL, Form: "a=b"}); session.As(err).Kind != session.Certificate {
		t.Errorf("an unknown certificate: %+v", session.As(err))
	}
	if _, err := p.Ask(t.Context(), oauth.Request{URL: strings.Replace(s.URL, "https", "http", 1), Form: "a=b"}); err == nil {
		t.Error("a request without TLS")
	}
	s.Close()
	if _, err := p.Ask(t.Context(), oauth.Request{URL: s.URL, Form: "a=b", Pin: sum}); session.As(err).Kind != session.Network {
		t.Errorf("nobody there: %+v", session.As(err))
	}
}

// TestAskAtAStop: the signals by which a server is stopped reach its children as well, and do not
// lose the answer.
func TestAskAtAStop(t *testing.T) {
	asked, signalled := make(chan struct{}), make(chan struct{})
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-signalled
		fmt.Fprint(w, `{"refresh_token":"next"}`)
	}))
	defer s.Close()
	c, err := program(t).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(signalled)
		<-asked
		for _, one := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			if err := c.command.Process.Signal(one); err != nil {
				t.Error(err)
			}
		}
	}()
	got, err := c.Ask(oauth.Request{URL: s.URL, Form: "a=b", Pin: pinOf(s.Certificate().Raw)}, "")
	if ended := c.Wait(); err != nil || ended != nil || got.Fields["refresh_token"] != "next" {
		t.Errorf("%+v, %v, %v", got, err, ended)
	}
}

// TestAskOnePort: one child does not go to a second port.
func TestAskOnePort(t *testing.T) {
	a := &asking{port: "443"}
	if _, err := a.do(oauth.Request{URL: "https://localhost:444/"}, ""); err == nil || !strings.Contains(err.Error(), "443 and 444") {
		t.Error(err)
	}
}

func pinOf(der []byte) string { return fmt.Sprintf("%x", sha256.Sum256(der)) }
