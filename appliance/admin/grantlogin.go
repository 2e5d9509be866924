package admin

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/child"
	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/secret"
	provider "pillarbox/appliance/remote/session"
)

// A GrantLogin is a login of a remote account by OAuth 2.0. Its user consents in a browser; what
// the provider grants is kept only if the login at the mail server works.
type GrantLogin struct {
	*oauth.Client
	config  *config.Config
	name    string
	remote  config.Remote
	lines   []string // settings of remote add
	program *child.Program
	grant   secret.Grant
	scope   string // of the consent
}

// The scopes of an issuer that is not in the table of providers: its mail server asks it whether a
// token is valid, and who it belongs to.
const issuerScope = "openid email offline_access"

// BeginGrant begins a login of a remote account; lines are the settings of an account that is not
// there yet. Close must be called.
func BeginGrant(ctx context.Context, c *config.Config, name string, lines []string, clientID, clientSecret string) (l *GrantLogin, err error) {
	c = WithRemotes(c, func(string, error) {})
	kept := lines
	if lines == nil {
		if _, ok := c.Remote[name]; !ok {
			return nil, noRemote(name)
		}
		if kept, err = settingsOf(c, name); err != nil {
			return nil, err
		}
	} else if _, exists := c.Remote[name]; exists {
		return nil, fmt.Errorf("%s is a remote account already: pillarbox remote login %s renews its login", name, name)
	} else if c, err = c.WithRemote(name, lines); err != nil {
		return nil, err
	}
	l = &GrantLogin{config: c, name: name, remote: c.Remote[name], lines: kept}
	if l.program, err = child.OpenProgram(); err != nil {
		return nil, err
	}
	if err := l.resolve(ctx, clientID, clientSecret); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// resolve finds the server of OAuth and the scopes.
func (l *GrantLogin) resolve(ctx context.Context, clientID, clientSecret string) error {
	r := &l.remote
	l.Client = &oauth.Client{ID: clientID, Secret: clientSecret}
	g := &l.grant
	if r.Issuer != "" {
		l.Header, l.Pin, l.Redirect = true, r.Pin, "http://127.0.0.1/"
		g.Fetch, g.Send = issuerScope, issuerScope
		if err := l.Discover(ctx, l.program.Ask, r.Issuer); err != nil {
			return fmt.Errorf("%s: %w; nothing was changed", r.Issuer, err)
		}
	} else {
		o := r.At().OAuth
		tenant := strings.NewReplacer("TENANT", r.Tenant)
		l.Device, l.Authorize, l.Token, l.Redirect = tenant.Replace(o.Device), tenant.Replace(o.Authorize), tenant.Replace(o.Token), o.Redirect
		g.Fetch, g.Send, g.Stays = o.Scopes[string(r.Fetch)], o.Scopes["smtp"], !o.Rotates
	}
	var words []string
	if r.Fetch != config.FetchNone {
		words = strings.Fields(g.Fetch)
	}
	if r.Send {
		words = append(words, strings.Fields(g.Send)...)
	}
	slices.Sort(words)
	l.scope = strings.Join(slices.Compact(words), " ")
	g.Client, g.Secret, g.TokenURL, g.Pin, g.Header, g.Login = l.ID, l.Secret, l.Token, l.Pin, l.Header, rand.Text()
	return nil
}

// Close ends the login.
func (l *GrantLogin) Close() { l.program.Close() }

// Devices reports whether the provider has the device grant.
func (l *GrantLogin) Devices() bool { return l.Device != "" }

// StartDevice begins a device grant.
func (l *GrantLogin) StartDevice(ctx context.Context) (*oauth.Device, error) {
	return l.Client.StartDevice(ctx, l.program.Ask, l.scope)
}

// WaitDevice waits for the consent, and returns how many messages there are.
func (l *GrantLogin) WaitDevice(ctx context.Context, d *oauth.Device) (messages int, err error) {
	t, err := l.Wait(ctx, l.program.Ask, d)
	return l.keep(ctx, t, err)
}

// Consent returns where the user consents, for Redeem.
func (l *GrantLogin) Consent() (*oauth.Consent, error) {
	if l.Authorize == "" {
		return nil, fmt.Errorf("%s has no login by a pasted address", l.remote.Issuer)
	}
	return l.Client.Consent(l.scope, l.remote.User), nil
}

// Redeem takes the address to which the browser was sent, and returns how many messages there are.
func (l *GrantLogin) Redeem(ctx context.Context, one *oauth.Consent, pasted string) (messages int, err error) {
	t, err := l.Client.Redeem(ctx, l.program.Ask, one, pasted)
	return l.keep(ctx, t, err)
}

// Ends returns when the consent will end; the zero time if the provider names no end.
func (l *GrantLogin) Ends() time.Time { return l.grant.Ends }

// week is how long a consent lasts at least that is not called short.
const week = 8 * 24 * time.Hour

// keep logs in at the mail server, and keeps what was granted.
func (l *GrantLogin) keep(ctx context.Context, t oauth.Tokens, err error) (messages int, _ error) {
	if err != nil {
		return 0, fmt.Errorf("%w; nothing was changed", err)
	}
	if t.Refresh == "" {
		return 0, fmt.Errorf("the provider sent no refresh token, so that the login would end within the hour; nothing was changed: the client has to be allowed offline access")
	}
	l.grant.Refresh = t.Refresh
	if t.Ends > 0 {
		l.grant.Ends, l.grant.Short = time.Now().Add(t.Ends), t.Ends < week
	}
	return keepRemote(ctx, l.config, l.name, &secret.Secret{Settings: l.lines, Grant: &l.grant},
		provider.Login{User: l.remote.User, Secret: t.Access, Token: true})
}
