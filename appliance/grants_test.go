package appliance

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/outbound"
	session "pillarbox/appliance/outbound/link"
	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/secret"
	sessions "pillarbox/appliance/remote/session"
	"pillarbox/pop3/pop3test"
)

// A granter is a provider with OAuth 2.0 and POP3: it has one message, rotates refresh tokens, and
// revokes the whole consent if one comes twice.
type granter struct {
	mu         sync.Mutex
	n          int
	refresh    map[string]bool
	access     map[string]bool
	approved   bool
	requests   []string // grant types
	off        bool     // POP3 is switched off in the settings of the account
	issuer     string
	mail       string // host:port of POP3
	pin        string
	refreshing func() // called for each request with a refresh token, if it is set
}

func startGranter(t *testing.T) *granter {
	t.Helper()
	g := &granter{refresh: map[string]bool{}, access: map[string]bool{}}
	config := pop3test.TLS(t, "")
	g.pin = fmt.Sprintf("%x", sha256.Sum256(config.Certificates[0].Certificate[0]))
	s := httptest.NewUnstartedServer(http.HandlerFunc(g.serve))
	s.TLS = config
	s.StartTLS()
	g.issuer = s.URL
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	g.mail = l.Addr().String()
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { g.pop(conn) })
		}
	})
	t.Cleanup(func() { s.Close(); l.Close(); group.Wait() })
	return g
}

func (g *granter) serve(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("grant_type") == "refresh_token" && g.refreshing != nil {
		g.refreshing()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	id, clientSecret, _ := r.BasicAuth()
	clientSecret, _ = url.QueryUnescape(clientSecret) // RFC 6749 section 2.3.1
	switch {
	case r.URL.Path == "/.well-known/openid-configuration":
		fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":"%[1]s/token","authorization_endpoint":"%[1]s/auth","device_authorization_endpoint":"%[1]s/device","scopes_supported":["openid"]}`, g.issuer)
	case id != "pb" || clientSecret != "c/s":
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
	case r.URL.Path == "/device":
		fmt.Fprintf(w, `{"device_code":"dc","user_code":"AB-CD","verification_uri":"%s/code","interval":0.01,"expires_in":60}`, g.issuer)
	default:
		kind := r.FormValue("grant_type")
		kind = kind[strings.LastIndex(kind, ":")+1:]
		g.requests = append(g.requests, kind)
		switch {
		case kind == "device_code" && !g.approved:
			g.approved = true // by the user, after the first question
			http.Error(w, `{"error":"authorization_pending"}`, 400)
		case kind == "device_code", kind == "authorization_code" && r.FormValue("code") == "co" && len(r.FormValue("code_verifier")) >= 43,
			kind == "refresh_token" && g.refresh[r.FormValue("refresh_token")]:
			g.n++
			delete(g.refresh, r.FormValue("refresh_token"))
			access, refresh := fmt.Sprintf("at%d", g.n), fmt.Sprintf("rt%d", g.n)
			g.access[access], g.refresh[refresh] = true, true
			fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":3600,"token_type":"bearer","id_token":"x"}`, access, refresh)
		default:
			clear(g.refresh)
			clear(g.access)
			http.Error(w, `{"error":"invalid_grant","error_description":"grant request is invalid"}`, 400)
		}
	}
}

// pop is a session of POP3, which takes tokens in two steps alone, as Exchange does.
func (g *granter) pop(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	say := func(text string) { fmt.Fprint(conn, text+"\r\n") }
	say("+OK ready")
	replies := map[string]string{
		"CAPA": "+OK\r\nSASL XOAUTH2\r\nUIDL\r\nTOP\r\n.", "STAT": "+OK 1 20", "LIST": "+OK\r\n1 20\r\n.", "UIDL": "+OK\r\n1 a\r\n.",
		"RETR 1": "+OK\r\nSubject: hello\r\n\r\nx\r\n.", "TOP 1 0": "+OK\r\nSubject: hello\r\n\r\n.", "QUIT": "+OK",
	}
	for in.Scan() {
		switch reply, known := replies[in.Text()]; {
		case known:
			say(reply)
		case in.Text() == "AUTH XOAUTH2":
			say("+ ")
			in.Scan()
			text, _ := base64.StdEncoding.DecodeString(in.Text())
			token := strings.TrimSuffix(strings.TrimPrefix(string(text), "user=anna@example.org\x01auth=Bearer "), "\x01\x01")
			g.mu.Lock()
			good := g.access[token] && !g.off
			g.mu.Unlock()
			if good {
				say("+OK")
				continue
			}
			say("+ " + base64.StdEncoding.EncodeToString([]byte(`{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`)))
			in.Scan()
			say("-ERR Authentication failed")
		default:
			say("-ERR unknown")
		}
	}
}

func (g *granter) asked() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := strings.Join(g.requests, " ")
	g.requests = nil
	return all
}

// settings are those of a remote account of anna.
func (g *granter) settings(state string) *config.Config {
	c := settings(state)
	c.Remote = map[string]config.Remote{"anna-mail": {
		Owner: "anna", Address: []string{"anna@example.org"}, User: "anna@example.org", Fetch: config.FetchPOP3, Every: config.Duration(24 * time.Hour),
		Since: config.Unbounded, After: config.Unbounded, Folders: []string{"INBOX"}, Largest: 1 << 20, Send: true, PerDay: 10,
		Incoming: g.mail, Outgoing: "127.0.0.1:465", Pin: g.pin, Issuer: g.issuer, ClientID: "pb", Tenant: "common",
	}}
	return c
}

// A sink is a session of an outgoing server.
type sink struct{}

func (sink) Send(m *smarthost.Message) ([]smarthost.Result, error) {
	return make([]smarthost.Result, len(m.To)), nil
}
func (sink) Offers() smarthost.Offers { return smarthost.Offers{} }
func (sink) Close()                   {}

// loggedIn has the owner log in by the device grant, and starts the server.
func (g *granter) loggedIn(t *testing.T, state string) (*box, *[]smarthost.Login) {
	t.Helper()
	if raced {
		t.Skip("a child has no memory for the race detector")
	}
	c := g.settings(state)
	l, err := admin.BeginGrant(t.Context(), c, "anna-mail", nil, "pb", "c/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := l.StartDevice(t.Context())
	if err != nil || d.Code != "AB-CD" || d.Address != g.issuer+"/code" {
		t.Fatalf("%+v, %v", d, err)
	}
	if n, err := l.WaitDevice(t.Context(), d); n != 1 || err != nil {
		t.Fatalf("%d messages, %v", n, err)
	}
	if got := g.asked(); got != "device_code device_code" {
		t.Errorf("asked for %s", got)
	}
	return g.start(t, c)
}

func (g *granter) start(t *testing.T, c *config.Config) (*box, *[]smarthost.Login) {
	logins := &[]smarthost.Login{}
	return start(t, c, Options{dialOutgoing: func(_ context.Context, target session.Target) (outbound.Session, error) {
		*logins = append(*logins, target.Login)
		g.mu.Lock()
		defer g.mu.Unlock()
		if !g.access[target.Login.Token] || g.off {
			return nil, fmt.Errorf("%w: 535 5.7.3", smarthost.ErrLogin)
		}
		return sink{}, nil
	}}), logins
}

func (b *box) collect(t *testing.T) (remote.Report, error) {
	t.Helper()
	account, ok := b.remote.account("anna-mail")
	if !ok {
		t.Fatal("there is no account")
	}
	return b.remote.Collector.Collect(t.Context(), account, false)
}

// TestGrant: a device grant, fetching and sending by it, tokens that are withdrawn one after the
// other, and a new login by a pasted address.
func TestGrant(t *testing.T) {
	g, state := startGranter(t), t.TempDir()
	family(t, state, "anna")
	b, logins := g.loggedIn(t, state)
	if r, err := b.collect(t); r.New != 1 || err != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := refreshToken(t, state); got != "rt2" {
		t.Errorf("the file has %s", got)
	}
	dial := func() error {
		_, err := senders{&b.remote.sending}.Dial(t.Context(), outbound.Account{Name: "anna-mail"})
		return err
	}
	if err := dial(); err != nil || (*logins)[0] != (smarthost.Login{User: "anna@example.org", Token: "at3"}) {
		t.Errorf("%+v, %v", *logins, err)
	}
	g.asked()

	// The mail server does not take the access tokens any more: there are others.
	g.mu.Lock()
	clear(g.access)
	g.mu.Unlock()
	if _, err := b.collect(t); err != nil {
		t.Error(err)
	}
	if err := dial(); err != nil {
		t.Error(err)
	}
	if got := g.asked(); got != "refresh_token refresh_token" {
		t.Errorf("asked for %s", got)
	}

	// It takes none at all: the account waits, and no person is asked.
	g.mu.Lock()
	g.off = true
	g.mu.Unlock()
	for range 3 {
		_, err := b.collect(t)
		if e := sessions.As(err); e.Kind != sessions.Protocol || !strings.Contains(e.Text, "https://mail.example/") {
			t.Errorf("POP3 is off: %v", err)
		}
	}
	if err := dial(); err == nil || errors.Is(err, smarthost.ErrLogin) || errors.Is(err, outbound.ErrLoginNeeded) {
		t.Errorf("SMTP is off: %v", err)
	}
	if st := b.remote.Status()[0]; st.Asks {
		t.Errorf("%+v", st)
	}
	g.mu.Lock()
	g.off = false
	g.mu.Unlock()
	if _, err := b.collect(t); err != nil {
		t.Error(err)
	}
	g.withdrawn(t, b, state)
}

// withdrawn goes on when the user withdraws the consent.
func (g *granter) withdrawn(t *testing.T, b *box, state string) {
	g.mu.Lock()
	clear(g.access)
	clear(g.refresh)
	g.mu.Unlock()
	dial := func() error {
		_, err := senders{&b.remote.sending}.Dial(t.Context(), outbound.Account{Name: "anna-mail"})
		return err
	}
	if _, err := b.collect(t); err == nil || sessions.As(err).Kind != sessions.Ended {
		t.Errorf("the consent is withdrawn: %v", err)
	}
	for range 2 {
		if err := dial(); !errors.Is(err, outbound.ErrLoginNeeded) {
			t.Error(err)
		}
	}
	b.remote.sending.tellOwner(outbound.Account{Name: "anna-mail", Owner: "anna", Addresses: []string{"a"}}, "x")
	const do = "pillarbox remote login anna-mail"
	if st := b.remote.Status()[0]; !st.Asks || !strings.Contains(st.Why, "invalid_grant") || !strings.HasSuffix(st.Why, ": "+do) {
		t.Errorf("%+v", st)
	}
	if said := strings.Join(b.remote.trouble(), "\n"); !strings.Contains(said, do) {
		t.Errorf("health says %q", said)
	}
	if n := b.logCount("remote account needs a new login"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	g.asked()
	b.stop()

	// After a start nothing is asked, and the owner has one message.
	c := g.settings(state)
	b, _ = g.start(t, c)
	if _, err := b.collect(t); err == nil || !strings.Contains(err.Error(), do) {
		t.Error(err)
	}
	if got := g.asked(); got != "" {
		t.Errorf("asked for %s", got)
	}
	client := b.login("pop3.listen", "anna")
	client.must("RETR 2")
	text, err := client.ReadDotBytes()
	if err != nil || !strings.Contains(string(text), "Subject: The login at the provider of anna-mail has ended") || !strings.Contains(string(text), do) {
		t.Errorf("%s, %v", text, err)
	}
	if answer := client.say("RETR 3"); answer[0] != '-' {
		t.Error("there is a second message")
	}
	if warnings, _, err := admin.Check(c); err != nil || !strings.Contains(strings.Join(warnings, "\n"), do) {
		t.Errorf("check-config says %q, %v", warnings, err)
	}
	b.stop()
	g.again(t, c)
}

// again logs in by a pasted address.
func (g *granter) again(t *testing.T, c *config.Config) {
	l, err := admin.BeginGrant(t.Context(), c, "anna-mail", nil, "pb", "c/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	one, err := l.Consent()
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(one.URL)
	answer := url.Values{"code": {"co"}, "state": {u.Query().Get("state")}}
	if n, err := l.Redeem(t.Context(), one, u.Query().Get("redirect_uri")+"?"+answer.Encode()); n != 1 || err != nil {
		t.Fatalf("%d messages, %v", n, err)
	}
	b, _ := g.start(t, c)
	if r, err := b.collect(t); r.Listed != 1 || r.New != 0 || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if got := maps.Clone(g.refresh); len(got) != 1 || !got[refreshToken(t, c.State)] {
		t.Errorf("the provider has %v", got)
	}
}

// logCount returns how many lines of the log have a message.
func (b *box) logCount(message string) int { return b.log.FilterMessage(message).Len() }

// TestGrantAtStart: what the server says of an account whose login is missing, or of another
// client.
func TestGrantAtStart(t *testing.T) {
	for want, kept := range map[string]*secret.Secret{
		"it has no login: pillarbox remote login anna-mail":                              nil,
		"it has no login by OAuth 2.0: pillarbox remote login anna-mail":                 {Password: "x"},
		"its login was given to another client_id: pillarbox remote login anna-mail":     {Grant: &secret.Grant{Client: "other", Refresh: "r", TokenURL: "https://a", Login: "l"}},
		"its login was given for , and not for 127.0.0.1:1: pillarbox remote login anna": {Incoming: "none"},
	} {
		g, state := &granter{mail: "127.0.0.1:1", issuer: "https://127.0.0.1:2"}, t.TempDir()
		family(t, state, "anna")
		if kept != nil {
			if kept.Incoming == "" {
				kept.Incoming, kept.Outgoing = g.mail, "127.0.0.1:465"
			}
			kept.Incoming = strings.TrimPrefix(kept.Incoming, "none")
			if err := secret.Save(state, "anna-mail", kept); err != nil {
				t.Fatal(err)
			}
		}
		b, _ := g.start(t, g.settings(state))
		if st := b.remote.Status()[0]; !st.Asks || !strings.HasPrefix(st.Why, want) {
			t.Errorf("%+v, want %q", st, want)
		}
		b.stop()
	}
}
