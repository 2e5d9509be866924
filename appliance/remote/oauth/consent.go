package oauth

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"pillarbox/appliance/remote/session"
)

// A Device is a device grant that waits for the user.
type Device struct {
	Code    string // what the user enters
	Address string // where
	Whole   string // an address with the code in it; "": none
	secret  string // the device code
	every   time.Duration
	until   time.Time
}

// The interval of RFC 8628 §3.5 between two requests, and by how much slow_down makes it longer.
const (
	usualEvery = 5 * time.Second
	slower     = 5 * time.Second
	mostEvery  = time.Minute
	mostDevice = time.Hour // that a code is waited for
)

// StartDevice begins a device grant.
func (c *Client) StartDevice(ctx context.Context, send Exchange, scope string) (*Device, error) {
	reply, err := c.post(ctx, send, c.Device, url.Values{"scope": {scope}})
	if err == nil {
		err = reply.fault()
	}
	if err != nil {
		return nil, err
	}
	d := &Device{
		Code: reply.Fields["user_code"], Address: reply.Fields["verification_uri"], Whole: reply.Fields["verification_uri_complete"],
		secret: reply.Fields["device_code"],
		every:  min(reply.seconds("interval", usualEvery), mostEvery),
		until:  time.Now().Add(min(reply.seconds("expires_in", 15*time.Minute), mostDevice)),
	}
	if d.Address == "" {
		d.Address = reply.Fields["verification_url"] // as Google called it before the RFC
	}
	for _, text := range []string{d.Code, d.Address, d.Whole} { // it is shown on a terminal
		if strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 || len(text) > 2000 {
			return nil, session.Errorf(session.Protocol, "the provider sent a code that cannot be shown")
		}
	}
	if d.Code == "" || d.Address == "" || !usable(d.secret) {
		return nil, session.Errorf(session.Protocol, "the provider sent no code to enter")
	}
	return d, nil
}

// Until returns when the code expires.
func (d *Device) Until() time.Time { return d.until }

// Wait polls for the tokens until the user has consented or refused, or the code has expired. A
// broken line ends nothing: the code stays valid.
func (c *Client) Wait(ctx context.Context, send Exchange, d *Device) (Tokens, error) {
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {d.secret}}
	every := d.every
	for {
		select {
		case <-ctx.Done():
			return Tokens{}, ctx.Err()
		case <-time.After(min(every, time.Until(d.until)+time.Millisecond)):
		}
		if !time.Now().Before(d.until) {
			return Tokens{}, session.Errorf(session.Refused, "the code has expired before it was entered; begin again")
		}
		reply, err := c.post(ctx, send, c.Token, form)
		var t Tokens
		if err == nil {
			t, err = reply.tokens()
		}
		var e *session.Error
		switch {
		case err == nil:
			return t, nil
		case errors.Is(err, errPending):
		case errors.Is(err, errSlower):
			every = min(every+slower, mostEvery)
		case errors.As(err, &e) && (e.Kind == session.Network || e.Kind == session.Busy):
			every = min(max(2*every, e.Wait), mostEvery) // RFC 8628 §3.5: back off
		default:
			return Tokens{}, err
		}
	}
}

// A Consent is an authorization code that is waited for.
type Consent struct {
	URL             string // that the user opens
	state, verifier string
}

// Consent returns an address where the user consents. Google and the servers of OpenID Connect give
// a refresh token only if they are asked for one in words of their own.
func (c *Client) Consent(scope, user string) *Consent {
	one := &Consent{state: rand.Text(), verifier: oauth2.GenerateVerifier()}
	config := oauth2.Config{
		ClientID: c.ID, RedirectURL: c.Redirect, Scopes: strings.Fields(scope), Endpoint: oauth2.Endpoint{AuthURL: c.Authorize},
	}
	one.URL = config.AuthCodeURL(one.state, oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(one.verifier),
		oauth2.SetAuthURLParam("prompt", "consent"), oauth2.SetAuthURLParam("login_hint", user))
	return one
}

// Redeem gets tokens for the address to which the browser was sent after the consent.
func (c *Client) Redeem(ctx context.Context, send Exchange, one *Consent, pasted string) (Tokens, error) {
	code, err := one.code(pasted)
	if err != nil {
		return Tokens{}, err
	}
	reply, err := c.post(ctx, send, c.Token, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.Redirect}, "code_verifier": {one.verifier},
	})
	if err != nil {
		return Tokens{}, err
	}
	return reply.tokens()
}

// code returns the authorization code in a pasted address.
func (one *Consent) code(pasted string) (string, error) {
	pasted = strings.Trim(strings.TrimSpace(pasted), `"'<>`)
	_, query, found := strings.Cut(pasted, "?")
	query, _, _ = strings.Cut(query, "#")
	values, err := url.ParseQuery(query)
	switch {
	case !found || err != nil:
		return "", session.Errorf(session.Refused, "that is not the whole address: copy all of it from the address bar of the browser, also if the page could not be opened")
	case values.Get("state") != one.state:
		return "", session.Errorf(session.Refused, "that address belongs to another login: paste the one of the consent that was just begun")
	case values.Get("error") != "":
		r := Reply{Status: 400, Fields: map[string]string{"error": values.Get("error"), "error_description": values.Get("error_description")}}
		if err := r.fault(); session.As(err).Kind != session.Protocol {
			return "", err
		}
		return "", session.Errorf(session.Refused, "%s", r.says("the provider gives no access"))
	case values.Get("code") == "":
		return "", session.Errorf(session.Refused, "there is no code in that address: it is the one to which the browser is sent after the consent")
	}
	return values.Get("code"), nil
}
