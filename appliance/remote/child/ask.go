package child

import (
	"context"
	"net"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/session"
	"pillarbox/appliance/remote/trust"
)

// asking sends requests to an authorization server.
type asking struct {
	port string // to which the process is confined; "": it is not yet
}

// do sends one request by a connection of its own. The port of the first request is that of all.
func (a *asking) do(q oauth.Request, bundle string) (none oauth.Reply, err error) {
	host, port, err := oauth.Address(q.URL)
	if err != nil {
		return none, err
	}
	if a.port == "" {
		if err := restrict(port, bundle); err != nil {
			return none, session.Errorf(session.Protocol, "the session cannot be confined: %v", err)
		}
		a.port = port
	}
	if port != a.port {
		return none, session.Errorf(session.Protocol, "the provider has addresses at the ports %s and %s; only the first can be reached", a.port, port)
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialPatience)
	defer cancel()
	conn, err := dial(ctx, net.JoinHostPort(host, port))
	if err != nil {
		return none, err
	}
	defer conn.Close()
	secured, err := secure(ctx, conn, trust.Policy{Host: host, Pin: q.Pin, Bundle: bundle}.Config())
	if err != nil {
		return none, err
	}
	return oauth.Do(secured, q)
}

// Ask starts a child for one request to an authorization server; with more requests it is used as
// it is.
func (p *Program) Ask(ctx context.Context, q oauth.Request) (none oauth.Reply, err error) {
	c, err := p.Start(ctx)
	if err != nil {
		return none, session.Errorf(session.Protocol, "%v", err)
	}
	reply, err := c.Ask(q, "")
	ended := c.Wait()
	if err == nil {
		return reply, nil
	}
	if ctx.Err() != nil {
		return none, ctx.Err()
	}
	if e := session.As(err); e.Kind == session.Protocol && ended != nil {
		return none, session.Errorf(session.Protocol, "%v", ended)
	}
	return none, err
}
