package appliance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/secret"
	sessions "pillarbox/appliance/remote/session"
)

// An oidc is the peer of scripts/oauth.sh: oidc-provider, and Dovecot that asks it about tokens.
type oidc struct {
	issuer, imaps, pop3s, pin string
	t                         *testing.T
	http                      *http.Client
}

// TestOIDC runs with the servers of scripts/oauth.sh alone.
func TestOIDC(t *testing.T) {
	peer := strings.Fields(os.Getenv("OAUTH_PEER"))
	if len(peer) != 4 {
		t.Skip("scripts/oauth.sh runs this with its servers")
	}
	for _, one := range []struct {
		name string
		do   func(*oidc)
	}{
		{"public client, POP3", (*oidc).public}, {"confidential client, IMAP, pasted", (*oidc).confidential},
		{"a lost answer", (*oidc).lost}, {"a refresh token that has expired", (*oidc).expired}, {"denied", (*oidc).denied},
		{"commands", (*oidc).commands}, {"OAUTHBEARER", (*oidc).bearer}, {"sending", (*oidc).sends},
	} {
		t.Run(one.name, func(t *testing.T) {
			jar, _ := cookiejar.New(nil)
			one.do(&oidc{issuer: peer[0], imaps: peer[1], pop3s: peer[2], pin: peer[3], t: t, http: &http.Client{
				Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
				CheckRedirect: func(r *http.Request, _ []*http.Request) error {
					if r.URL.Scheme == "http" {
						return http.ErrUseLastResponse
					}
					return nil
				},
			}})
		})
	}
}

// tell has the provider do something, and returns the grant types that came since the last time.
func (o *oidc) tell(format string, args ...any) string {
	o.t.Helper()
	r, err := o.http.Get(o.issuer + "/test/" + fmt.Sprintf(format, args...))
	if err != nil {
		o.t.Fatal(err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return string(text)
}

var (
	formTag   = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)".*?</form>`)
	inputTag  = regexp.MustCompile(`<input[^>]*>`)
	attribute = regexp.MustCompile(`(name|value)="([^"]*)"`)
	abortLink = regexp.MustCompile(`href="([^"]*/abort)"`)
)

// browse is a user with a browser, who logs in and consents, or cancels. It returns the address to
// which the browser was sent at last, outside of the provider.
func (o *oidc) browse(address string, consents bool) string {
	o.t.Helper()
	r, err := o.http.Get(address)
	for page := 0; err == nil && page < 10; page++ {
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if away := r.Header.Get("Location"); away != "" {
			return away
		}
		if link := abortLink.FindSubmatch(text); link != nil && !consents {
			to, _ := r.Request.URL.Parse(html.UnescapeString(string(link[1])))
			r, err = o.http.Get(to.String())
			continue
		}
		form := formTag.FindSubmatch(text)
		if form == nil {
			return ""
		}
		values := url.Values{}
		for _, input := range inputTag.FindAll(form[0], -1) {
			one := map[string]string{}
			for _, a := range attribute.FindAllSubmatch(input, -1) {
				one[string(a[1])] = html.UnescapeString(string(a[2]))
			}
			values.Set(one["name"], one["value"])
		}
		if values.Has("login") {
			values.Set("login", "anna@example.org")
			values.Set("password", "x")
		}
		to, _ := r.Request.URL.Parse(html.UnescapeString(string(form[1])))
		r, err = o.http.PostForm(to.String(), values)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return ""
}

// state makes a state directory with a remote account.
func (o *oidc) state(fetch config.Protocol, client string) *config.Config {
	o.t.Helper()
	state := o.t.TempDir()
	family(o.t, state, "anna")
	g := granter{issuer: o.issuer, mail: o.imaps, pin: o.pin}
	if fetch == config.FetchPOP3 {
		g.mail = o.pop3s
	}
	c := g.settings(state)
	r := c.Remote["anna-mail"]
	r.Fetch, r.ClientID, r.Send = fetch, client, false
	c.Remote["anna-mail"] = r
	return c
}

// device logs in by the device grant.
func (o *oidc) device(c *config.Config, consents bool) (int, error) {
	o.t.Helper()
	l, err := admin.BeginGrant(o.t.Context(), c, "anna-mail", nil, c.Remote["anna-mail"].ClientID, "")
	if err != nil {
		o.t.Fatal(err)
	}
	defer l.Close()
	d, err := l.StartDevice(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	began, asked := time.Now(), make(chan struct{})
	go func() {
		defer close(asked)
		o.tell("await") // the first question is answered by "pending"
		o.browse(d.Whole, consents)
	}()
	n, err := l.WaitDevice(o.t.Context(), d)
	<-asked
	o.t.Logf("after %v: %d messages, %v", time.Since(began).Round(time.Second), n, err)
	return n, err
}

func (o *oidc) collects(b *box, listed, fresh int) {
	o.t.Helper()
	if r, err := b.collect(o.t); err != nil || r.Listed != listed || r.New != fresh {
		o.t.Errorf("%+v, %v; want %d of %d", r, err, fresh, listed)
	}
}

// ends has the server find out that the login has ended.
func (o *oidc) ends(b *box) {
	o.t.Helper()
	o.tell("later?s=4000") // the access token has expired
	if _, err := b.collect(o.t); err == nil || sessions.As(err).Kind != sessions.Ended {
		o.t.Errorf("the consent has ended: %v", err)
	}
	if st := b.remote.Status()[0]; !st.Asks || !strings.Contains(st.Why, "invalid_grant") {
		o.t.Errorf("%+v", st)
	}
	client := b.login("pop3.listen", "anna")
	n := 0
	for strings.HasPrefix(client.say("RETR %d", n+1), "+OK") {
		text, _ := client.ReadDotBytes()
		if n++; n > 9 {
			break
		}
		if strings.Contains(string(text), "has ended") && !strings.Contains(string(text), "pillarbox remote login anna-mail") {
			o.t.Errorf("%s", text)
		}
	}
	if n != 4 {
		o.t.Errorf("%d messages, want 3 and one about the login", n)
	}
}

func (o *oidc) public() {
	c := o.state(config.FetchPOP3, "public")
	o.tell("slow?n=1")
	if n, err := o.device(c, true); n != 3 || err != nil {
		o.t.Fatal(n, err)
	}
	if got := o.tell("asked"); got != "device_code device_code device_code" && got != "device_code device_code" {
		o.t.Errorf("asked for %s", got)
	}
	b := start(o.t, c, Options{})
	o.collects(b, 3, 3)
	first := refreshToken(o.t, c.State)
	o.tell("later?s=3700")
	o.tell("fail?n=1")
	if _, err := b.collect(o.t); err == nil || sessions.As(err).Kind != sessions.Busy {
		o.t.Errorf("503: %v", err)
	}
	if got := refreshToken(o.t, c.State); got != first {
		o.t.Error("a refused refresh was written")
	}
	o.collects(b, 3, 0)
	if got := refreshToken(o.t, c.State); got == first {
		o.t.Error("the refresh token was not replaced")
	}
	b.stop()
	o.tell("asked")
	b = start(o.t, c, Options{})
	o.collects(b, 3, 0)
	if got := o.tell("asked"); got != "refresh_token" {
		o.t.Errorf("after a start: asked for %s", got)
	}
	// Anna withdraws her consent.
	kept := refreshToken(o.t, c.State)
	r, err := o.http.PostForm(o.issuer+"/token/revocation", url.Values{"client_id": {"public"}, "token": {kept}, "token_type_hint": {"refresh_token"}})
	if err != nil || r.StatusCode != 200 {
		o.t.Fatal(r, err)
	}
	o.ends(b)
}

func (o *oidc) confidential() {
	c := o.state(config.FetchIMAP, "confidential")
	const clientSecret = "a/secret: of 32 or more characters"
	if _, err := admin.BeginGrant(o.t.Context(), c, "anna-mail", nil, "confidential", "wrong"); err != nil {
		o.t.Fatal(err)
	}
	l, err := admin.BeginGrant(o.t.Context(), c, "anna-mail", nil, "confidential", clientSecret)
	if err != nil {
		o.t.Fatal(err)
	}
	defer l.Close()
	one, err := l.Consent()
	if err != nil {
		o.t.Fatal(err)
	}
	pasted := o.browse(one.URL, true)
	if n, err := l.Redeem(o.t.Context(), one, pasted); n != 3 || err != nil {
		o.t.Fatalf("%s: %d, %v", pasted, n, err)
	}
	if _, err := l.Redeem(o.t.Context(), one, pasted); err == nil {
		o.t.Error("a code was accepted twice")
	}
	// The provider revokes what it granted for a code that comes twice (RFC 6749 section 10.5).
	if one, err = l.Consent(); err != nil {
		o.t.Fatal(err)
	}
	if n, err := l.Redeem(o.t.Context(), one, o.browse(one.URL, true)); n != 3 || err != nil {
		o.t.Fatal(n, err)
	}
	b := start(o.t, c, Options{})
	o.collects(b, 3, 3)
	first := refreshToken(o.t, c.State)
	o.tell("later?s=3700")
	o.collects(b, 3, 0)
	if got := refreshToken(o.t, c.State); got == first {
		o.t.Error("the refresh token was not replaced")
	}
}

// lost: the provider replaces the refresh token, and its answer does not arrive, which is the same
// as a power cut between the answer and the write. The old token comes twice, so that the provider
// revokes the consent.
func (o *oidc) lost() {
	c := o.state(config.FetchIMAP, "public")
	if n, err := o.device(c, true); n != 3 || err != nil {
		o.t.Fatal(n, err)
	}
	b := start(o.t, c, Options{})
	o.collects(b, 3, 3)
	o.tell("later?s=3700")
	o.tell("lose")
	if _, err := b.collect(o.t); err == nil || sessions.As(err).Kind != sessions.Network {
		o.t.Errorf("a lost answer: %v", err)
	}
	if st := b.remote.Status()[0]; st.Asks {
		o.t.Errorf("%+v", st)
	}
	o.ends(b)
	b.stop()
	o.tell("asked")
	b = start(o.t, c, Options{})
	if _, err := b.collect(o.t); err == nil {
		o.t.Error("collected by a revoked consent")
	}
	if got := o.tell("asked"); got != "" {
		o.t.Errorf("after a start: asked for %s", got)
	}
}

func (o *oidc) expired() {
	c := o.state(config.FetchPOP3, "public")
	if n, err := o.device(c, true); n != 3 || err != nil {
		o.t.Fatal(n, err)
	}
	b := start(o.t, c, Options{})
	o.collects(b, 3, 3)
	o.tell("later?s=%d", 15*86400)
	o.ends(b)
}

func (o *oidc) denied() {
	c := o.state(config.FetchPOP3, "public")
	if _, err := o.device(c, false); err == nil || !strings.Contains(err.Error(), "denied") {
		o.t.Error(err)
	}
	if _, err := secret.Load(c.State, "anna-mail"); !errors.Is(err, os.ErrNotExist) {
		o.t.Errorf("something was kept: %v", err)
	}
	if l, err := admin.BeginGrant(o.t.Context(), c, "anna-mail", nil, "nobody", ""); err == nil {
		defer l.Close()
		if _, err := l.StartDevice(o.t.Context()); err == nil || !strings.Contains(err.Error(), "client id") {
			o.t.Errorf("an unknown client: %v", err)
		}
	}
}
