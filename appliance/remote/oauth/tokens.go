package oauth

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/remote/session"
)

// Tokens are what a server grants.
type Tokens struct {
	Access  string
	Lasts   time.Duration // of the access token
	Refresh string        // "": the one before stays
	Ends    time.Duration // of the refresh token; 0: the server says no end
}

// usualLife is how long an access token is used whose server says no end.
const usualLife = 5 * time.Minute

// mostLife bounds the life of tokens, so that a number of the server does not overflow.
const mostLife = 10 * 365 * 24 * time.Hour

// longestToken bounds tokens, in octets.
const longestToken = 16 << 10

// Errors of the device grant that are none: the user is not ready yet.
var (
	errPending = errors.New("authorization_pending")
	errSlower  = errors.New("slow_down")
)

// Refresh gets an access token for a refresh token. scope is what is wanted of that which the user
// has consented to; "": all of it.
func (c *Client) Refresh(ctx context.Context, send Exchange, refresh, scope string) (Tokens, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	if scope != "" {
		form.Set("scope", scope)
	}
	reply, err := c.post(ctx, send, c.Token, form)
	if err != nil {
		return Tokens{}, err
	}
	return reply.tokens()
}

// tokens returns the tokens of an answer.
func (r *Reply) tokens() (t Tokens, err error) {
	if err := r.fault(); err != nil {
		return t, err
	}
	t = Tokens{Access: r.Fields["access_token"], Refresh: r.Fields["refresh_token"], Lasts: r.seconds("expires_in", usualLife)}
	t.Ends = r.seconds("refresh_token_expires_in", r.seconds("refresh_expires_in", 0))
	kind := r.Fields["token_type"]
	switch {
	case !usable(t.Access) || t.Refresh != "" && !usable(t.Refresh):
		return Tokens{}, session.Errorf(session.Protocol, "the provider sent no usable access token")
	case kind != "" && !strings.EqualFold(kind, "bearer"):
		return Tokens{}, session.Errorf(session.Protocol, "the provider sent an access token of the kind %q, and not Bearer", session.Printable(kind))
	}
	return t, nil
}

// usable reports whether a text can be a token: RFC 6749 has printable ASCII for it, and anything
// else could end a line of the login.
func usable(token string) bool {
	return token != "" && len(token) <= longestToken && strings.IndexFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}

// seconds returns a field that is a number of seconds.
func (r *Reply) seconds(name string, usual time.Duration) time.Duration {
	n, err := strconv.ParseFloat(r.Fields[name], 64)
	if err != nil || n <= 0 {
		return usual
	}
	return time.Duration(min(n, mostLife.Seconds()) * float64(time.Second))
}

// fault returns the error of an answer.
func (r *Reply) fault() error {
	code := r.Fields["error"]
	switch {
	case r.Status == 429 || r.Status >= 500 || code == "temporarily_unavailable" || code == "server_error":
		return &session.Error{Kind: session.Busy, Text: r.says("the provider grants no access token now"), Wait: r.Wait}
	case r.Status >= 300 && r.Status < 400:
		return session.Errorf(session.Protocol, "the provider answers with a redirection (HTTP %d), which is not followed, because it could lead the login elsewhere", r.Status)
	case code == "invalid_grant":
		return session.Errorf(session.Ended, "%s", r.says("the consent was withdrawn or has expired"))
	case code == "authorization_pending":
		return errPending
	case code == "slow_down":
		return errSlower
	case code == "access_denied":
		return session.Errorf(session.Refused, "%s", r.says("the access was denied at the provider"))
	case code == "expired_token":
		return session.Errorf(session.Refused, "the code has expired before it was entered; begin again")
	case code == "invalid_client" || code == "unauthorized_client":
		return session.Errorf(session.Protocol, "%s", r.says("the provider does not accept the client id, or its secret"))
	case code == "invalid_scope":
		return session.Errorf(session.Protocol, "%s", r.says("the provider does not give the client access to mail"))
	case code != "" || r.Status != 200:
		return session.Errorf(session.Protocol, "%s", r.says("the provider refuses the request"))
	case r.Fields == nil:
		return session.Errorf(session.Protocol, "the answer of the provider is not JSON")
	}
	return nil
}

// says returns a text with what the server said, in brackets.
func (r *Reply) says(text string) string {
	said := "HTTP " + strconv.Itoa(r.Status)
	if code := r.Fields["error"]; code != "" {
		said = code
	}
	if more := r.Fields["error_description"]; more != "" {
		line, _, _ := strings.Cut(strings.TrimSpace(more), "\n") // Microsoft has ids and a time below it
		said += ": " + strings.TrimSpace(line)
	}
	return text + " (" + session.Printable(said) + ")"
}

// Discover fills in the addresses of a server that describes itself, by its issuer (OpenID Connect
// Discovery 1.0, RFC 8414). They all have the port of the issuer: the process that asks them later
// is confined to it.
func (c *Client) Discover(ctx context.Context, send Exchange, issuer string) error {
	reply, err := send(ctx, Request{URL: strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration", Pin: c.Pin})
	if err == nil {
		err = reply.fault()
	}
	if err != nil {
		return err
	}
	if strings.TrimSuffix(reply.Fields["issuer"], "/") != strings.TrimSuffix(issuer, "/") {
		return session.Errorf(session.Protocol, "%s describes another issuer, %s", issuer, session.Printable(reply.Fields["issuer"]))
	}
	_, want, err := Address(issuer)
	if err != nil {
		return err
	}
	for name, to := range map[string]*string{
		"token_endpoint": &c.Token, "authorization_endpoint": &c.Authorize, "device_authorization_endpoint": &c.Device,
	} {
		address := reply.Fields[name]
		if address == "" && name != "token_endpoint" {
			continue
		}
		_, port, err := Address(address)
		if err != nil {
			return err
		}
		if port != want {
			return session.Errorf(session.Protocol, "the %s of the issuer is at port %s; only that of the issuer, %s, can be used", name, port, want)
		}
		*to = address
	}
	return nil
}
