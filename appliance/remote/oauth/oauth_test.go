package oauth

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/remote/session"
)

// A script is an authorization server: its answers, in their order, and what was asked.
type script struct {
	answers []any // Reply, or an error
	asked   []Request
	at      []time.Duration // since the start
	start   time.Time
}

func (s *script) exchange(_ context.Context, q Request) (Reply, error) {
	s.asked = append(s.asked, q)
	s.at = append(s.at, time.Since(s.start))
	if len(s.answers) == 0 {
		return Reply{Status: 500}, nil
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	if err, ok := next.(error); ok {
		return Reply{}, err
	}
	return next.(Reply), nil
}

func (s *script) form(t *testing.T, i int) url.Values {
	t.Helper()
	v, err := url.ParseQuery(s.asked[i].Form)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func says(status int, fields ...string) Reply {
	r := Reply{Status: status, Fields: map[string]string{}}
	for i := 0; i < len(fields); i += 2 {
		r.Fields[fields[i]] = fields[i+1]
	}
	return r
}

func refused(code string) Reply { return says(400, "error", code) }

func granted(more ...string) Reply {
	return says(200, append([]string{"access_token", "at", "token_type", "Bearer", "expires_in", "3600"}, more...)...)
}

var client = Client{ID: "id", Device: "https://a.example/device", Authorize: "https://a.example/auth?x=1", Token: "https://a.example/token", Redirect: "http://127.0.0.1/"}

// TestRefresh: what an answer means. Only invalid_grant ends the grant.
func TestRefresh(t *testing.T) {
	portal := Reply{Status: 200}
	for _, row := range []struct {
		name   string
		answer any
		kind   session.Kind // 0: tokens
		text   string
	}{
		{"a new refresh token", granted("refresh_token", "rt2"), 0, ""},
		{"the old refresh token", granted(), 0, ""},
		{"no life", says(200, "access_token", "at"), 0, ""},
		{"consent withdrawn", says(400, "error", "invalid_grant", "error_description", "AADSTS50173: revoked.\r\nTrace ID: 1"), session.Ended, "AADSTS50173: revoked.)"},
		{"invalid_grant with 401", says(401, "error", "invalid_grant"), session.Ended, "withdrawn"},
		{"500", says(500), session.Busy, "HTTP 500"},
		{"500 that speaks of invalid_grant", says(503, "error", "invalid_grant"), session.Busy, ""},
		{"429", Reply{Status: 429, Wait: time.Minute}, session.Busy, "HTTP 429"},
		{"temporarily_unavailable", refused("temporarily_unavailable"), session.Busy, ""},
		{"slow_down", refused("slow_down"), session.Protocol, ""},
		{"an expired client secret", says(401, "error", "invalid_client", "error_description", "AADSTS7000222"), session.Protocol, "client id, or its secret (invalid_client: AADSTS7000222)"},
		{"the device grant forbidden", refused("unauthorized_client"), session.Protocol, "client id"},
		{"a scope", refused("invalid_scope"), session.Protocol, "access to mail"},
		{"redirection", says(302), session.Protocol, "redirection"},
		{"a page of a portal", portal, session.Protocol, "not JSON"},
		{"404", Reply{Status: 404}, session.Protocol, "HTTP 404"},
		{"no token", says(200, "token_type", "Bearer"), session.Protocol, "no usable access token"},
		{"a token with a line end", says(200, "access_token", "a\r\nb"), session.Protocol, "no usable"},
		{"a refresh token with NUL", granted("refresh_token", "\x00"), session.Protocol, "no usable"},
		{"a token of another kind", granted("token_type", "mac"), session.Protocol, "mac"},
		{"a broken line", session.Errorf(session.Network, "broken"), session.Network, "broken"},
	} {
		s := &script{answers: []any{row.answer}}
		got, err := client.Refresh(t.Context(), s.exchange, "rt", "mail")
		e := session.As(err)
		switch {
		case row.kind == 0 && (err != nil || got.Access != "at"):
			t.Errorf("%s: %+v, %v", row.name, got, err)
		case row.kind != 0 && (e == nil || e.Kind != row.kind || !strings.Contains(e.Text, row.text) || got != Tokens{}):
			t.Errorf("%s: %+v, %v", row.name, got, err)
		}
		if len(s.asked) != 1 {
			t.Errorf("%s: the request was sent %d times", row.name, len(s.asked))
		}
		if got, want := s.asked[0].Form, "client_id=id&grant_type=refresh_token&refresh_token=rt&scope=mail"; got != want {
			t.Errorf("%s: %s", row.name, got)
		}
	}
}

// TestTimes: lives are bounded, and have usual values.
func TestTimes(t *testing.T) {
	for _, row := range []struct {
		fields      []string
		lasts, ends time.Duration
	}{
		{nil, time.Hour, 0},
		{[]string{"expires_in", "x"}, usualLife, 0},
		{[]string{"expires_in", "-5"}, usualLife, 0},
		{[]string{"expires_in", "1e300", "refresh_token_expires_in", "604800"}, mostLife, 7 * 24 * time.Hour},
		{[]string{"refresh_expires_in", "60"}, time.Hour, time.Minute},
	} {
		r := granted(row.fields...)
		got, err := r.tokens()
		if err != nil || got.Lasts != row.lasts || got.Ends != row.ends {
			t.Errorf("%q: %+v, %v", row.fields, got, err)
		}
	}
}

// TestConfidential: the secret of a client goes into the header or into the body.
func TestConfidential(t *testing.T) {
	c := client
	c.ID, c.Secret = "my id", "s:e%c"
	s := &script{answers: []any{granted(), granted()}}
	c.Refresh(t.Context(), s.exchange, "rt", "")
	c.Header = true
	c.Refresh(t.Context(), s.exchange, "rt", "")
	if v := s.form(t, 0); v.Get("client_secret") != "s:e%c" || s.asked[0].User != "" {
		t.Errorf("%+v", s.asked[0])
	}
	if v := s.form(t, 1); v.Has("client_secret") || s.asked[1].User != "my+id" || s.asked[1].Secret != "s%3Ae%25c" {
		t.Errorf("%+v", s.asked[1])
	}
}

// begun is the answer to the begin of a device grant.
func begun(more ...string) Reply {
	return says(200, append([]string{"device_code", "dc", "user_code", "ABCD-EFGH", "verification_uri", "https://a.example/code", "interval", "5", "expires_in", "900"}, more...)...)
}

// TestDevice: the user takes some time, the server slows the client down, and the line breaks.
func TestDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{start: time.Now(), answers: []any{
			begun(), refused("authorization_pending"), refused("slow_down"), refused("authorization_pending"),
			session.Errorf(session.Network, "broken"), says(503), refused("authorization_pending"), granted("refresh_token", "rt"),
		}}
		d, err := client.StartDevice(t.Context(), s.exchange, "mail offline_access")
		if err != nil || d.Code != "ABCD-EFGH" || d.Address != "https://a.example/code" {
			t.Fatalf("%+v, %v", d, err)
		}
		got, err := client.Wait(t.Context(), s.exchange, d)
		if err != nil || got.Access != "at" || got.Refresh != "rt" {
			t.Errorf("%+v, %v", got, err)
		}
		var seconds []int
		for _, at := range s.at {
			seconds = append(seconds, int(at.Seconds()))
		}
		want := []int{0, 5, 10, 20, 30, 50, 90, 130} // 5, 5, then 10, 10, and 20, 40 after faults
		for i := range want {
			if i >= len(seconds) || seconds[i] != want[i] {
				t.Fatalf("asked at %v, want %v", seconds, want)
			}
		}
		if v := s.form(t, 0); v.Get("scope") != "mail offline_access" || s.asked[0].URL != client.Device {
			t.Errorf("%+v", s.asked[0])
		}
		if v := s.form(t, 1); v.Get("device_code") != "dc" || v.Get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" || s.asked[1].URL != client.Token {
			t.Errorf("%+v", s.asked[1])
		}
	})
}

// TestDeviceEnds: denied, expired by the server, expired by the clock, and given up by the user.
func TestDeviceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []struct {
			name    string
			answers []any
			text    string
			after   time.Duration
		}{
			{"denied", []any{begun(), refused("access_denied")}, "denied", 5 * time.Second},
			{"expired at the server", []any{begun(), refused("expired_token")}, "has expired", 5 * time.Second},
			{"code unknown", []any{begun(), refused("invalid_grant")}, "withdrawn or has expired", 5 * time.Second},
			{"expired here", []any{begun("expires_in", "12"), refused("authorization_pending"), refused("authorization_pending")}, "has expired", 12 * time.Second},
		} {
			s := &script{start: time.Now(), answers: row.answers}
			d, err := client.StartDevice(t.Context(), s.exchange, "mail")
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Wait(t.Context(), s.exchange, d)
			if took := time.Since(s.start).Round(time.Second); err == nil || !strings.Contains(err.Error(), row.text) || took != row.after {
				t.Errorf("%s: %v after %v", row.name, err, took)
			}
			if len(s.answers) > 0 {
				t.Errorf("%s: %d answers were not asked for", row.name, len(s.answers))
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		s := &script{answers: []any{begun(), refused("authorization_pending")}}
		d, _ := client.StartDevice(ctx, s.exchange, "mail")
		if _, err := client.Wait(ctx, s.exchange, d); err != context.DeadlineExceeded {
			t.Errorf("given up: %v", err)
		}
	})
}

// TestDeviceNotBegun: answers that are no device grant.
func TestDeviceNotBegun(t *testing.T) {
	for name, answer := range map[string]any{
		"no code":         says(200, "device_code", "dc", "verification_uri", "https://a.example"),
		"no device code":  says(200, "user_code", "A", "verification_uri", "https://a.example"),
		"no address":      says(200, "user_code", "A", "device_code", "dc"),
		"escape sequence": begun("user_code", "\x1b[2J"),
		"forbidden":       refused("unauthorized_client"),
		"broken":          session.Errorf(session.Network, "x"),
	} {
		s := &script{answers: []any{answer}}
		if d, err := client.StartDevice(t.Context(), s.exchange, "mail"); err == nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestPaste: the consent in a browser, whose address is pasted.
func TestPaste(t *testing.T) {
	one := client.Consent("mail offline_access", "anna@example.org")
	u, err := url.Parse(one.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for key, want := range map[string]string{
		"client_id": "id", "redirect_uri": "http://127.0.0.1/", "response_type": "code", "scope": "mail offline_access", "x": "1",
		"code_challenge_method": "S256", "state": one.state, "access_type": "offline", "prompt": "consent", "login_hint": "anna@example.org",
	} {
		if q.Get(key) != want {
			t.Errorf("%s is %q", key, q.Get(key))
		}
	}
	if strings.Contains(one.URL, one.verifier) || len(one.state) < 20 {
		t.Error("the verifier is in the address, or the state can be guessed")
	}
	for pasted, want := range map[string]string{
		"http://127.0.0.1/?code=c%2F1&state=" + one.state + "&scope=x#_": "",
		" '127.0.0.1/?state=" + one.state + "&code=c%2F1'\r\n":           "",
		"http://127.0.0.1/?code=c&state=other":                           "another login",
		"http://127.0.0.1/?code=c":                                       "another login",
		"http://127.0.0.1/?state=" + one.state:                           "no code",
		"http://127.0.0.1/?error=access_denied&state=" + one.state:       "denied",
		"http://127.0.0.1/?error=x%1b&state=" + one.state:                "gives no access (x?)",
		"c": "not the whole address", "": "not the whole address", "x?%zz": "not the whole address",
	} {
		s := &script{answers: []any{granted("refresh_token", "rt")}}
		got, err := client.Redeem(t.Context(), s.exchange, one, pasted)
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) || len(s.asked) > 0 {
				t.Errorf("%q: %v", pasted, err)
			}
			continue
		}
		if err != nil || got.Refresh != "rt" {
			t.Fatalf("%q: %+v, %v", pasted, got, err)
		}
		if v := s.form(t, 0); v.Get("code") != "c/1" || v.Get("code_verifier") != one.verifier || v.Get("redirect_uri") != "http://127.0.0.1/" {
			t.Errorf("%q: %v", pasted, v)
		}
	}
}

// TestDiscover: the addresses of a server that describes itself.
func TestDiscover(t *testing.T) {
	all := []string{"issuer", "https://i.example:8443", "token_endpoint", "https://i.example:8443/t", "device_authorization_endpoint", "https://i.example:8443/d"}
	s := &script{answers: []any{says(200, all...)}}
	var c Client
	if err := c.Discover(t.Context(), s.exchange, "https://i.example:8443/"); err != nil || c.Token != "https://i.example:8443/t" || c.Device != "https://i.example:8443/d" || c.Authorize != "" {
		t.Errorf("%+v, %v", c, err)
	}
	if got := s.asked[0].URL; got != "https://i.example:8443/.well-known/openid-configuration" {
		t.Error(got)
	}
	for name, answer := range map[string]Reply{
		"another issuer": says(200, append(all, "issuer", "https://other.example")...),
		"another port":   says(200, append(all, "token_endpoint", "https://i.example/t")...),
		"in the clear":   says(200, append(all, "token_endpoint", "http://i.example:8443/t")...),
		"no token":       says(200, "issuer", "https://i.example:8443"),
		"none":           says(404),
	} {
		s := &script{answers: []any{answer}}
		if err := new(Client).Discover(t.Context(), s.exchange, "https://i.example:8443"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
