package oauth

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"pillarbox/appliance/remote/session"
)

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
