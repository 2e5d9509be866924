package appliance

import (
	"context"
	"errors"
	"fmt"

	"pillarbox/appliance/config"
	"pillarbox/appliance/outbound"
	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/child"
	"pillarbox/appliance/remote/grant"
	fetching "pillarbox/appliance/remote/link"
	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/remote/session"
)

// grants are the logins by OAuth 2.0: package grant has the tokens, a child process asks for them.
type grants struct {
	grant.Keeper
	program func() *child.Program // it may return nil
}

// exchange sends a request to an authorization server.
func (g *grants) exchange(ctx context.Context, q oauth.Request) (none oauth.Reply, err error) {
	program := g.program()
	if program == nil {
		return none, session.Errorf(session.Protocol, "the program cannot be started a second time")
	}
	return program.Ask(ctx, q)
}

// reasonFor returns why an account cannot log in by OAuth 2.0; "" if it can. An owner who could not
// be told yet is told by the next attempt.
func reasonFor(name string, r *config.Remote, g *secret.Grant) string {
	if g != nil && g.Ended != "" && !g.Told {
		return ""
	}
	return g.Trouble(name, r.ClientID)
}

// fetch begins a session to fetch mail with an access token. One that was used before may have been
// withdrawn, so that a refused one is replaced once. A new one that is refused is no end of the
// consent: access may be switched off at the provider, and on again.
func (g *grants) fetch(ctx context.Context, name string, t fetching.Target, start func(context.Context, fetching.Target) (remote.Session, error)) (remote.Session, error) {
	for {
		token, fresh, err := g.Token(ctx, name, grant.Fetch)
		if err != nil {
			return nil, err
		}
		t.Login.Secret = token
		one, err := start(ctx, t)
		e := session.As(err)
		if e == nil || e.Kind != session.Auth {
			return one, err
		}
		g.Forget(name, token)
		if fresh {
			return nil, session.Errorf(session.Protocol, "the server does not accept the access token of the provider: %s", e.Text)
		}
	}
}

// send begins a session to send mail in the same way. The error is one of an outbound.Dialer.
func (g *grants) send(ctx context.Context, name, user string, start func(smarthost.Login) (outbound.Session, error)) (outbound.Session, error) {
	for {
		token, fresh, err := g.Token(ctx, name, grant.Send)
		switch e := session.As(err); {
		case e == nil:
		case e.Kind == session.Ended:
			return nil, fmt.Errorf("%w: %w", outbound.ErrLoginNeeded, err)
		case e.Kind == session.Network:
			return nil, fmt.Errorf("%w: %w", outbound.ErrOffline, err)
		default:
			return nil, err
		}
		one, err := start(smarthost.Login{User: user, Token: token})
		if !errors.Is(err, smarthost.ErrLogin) {
			return one, err
		}
		g.Forget(name, token)
		if fresh {
			return nil, fmt.Errorf("the server does not accept the access token of the provider: %v", err)
		}
	}
}
