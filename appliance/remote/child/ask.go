package child

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/session"
	"pillarbox/appliance/remote/trust"
)

// asking sends requests to an authorization server.
type asking struct {
	port string // to which the process is confined; "": it is not yet
}

// do sends one request by a connection of its own. All requests use the port of the first one.
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

const (
	dialPatience = 45 * time.Second // as far as the end of the TLS handshake
	patience     = 60 * time.Second // for each read and write after it
)

// dial connects to a server.
func dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return patient{conn}, nil
}

// secure runs the TLS handshake.
func secure(ctx context.Context, conn net.Conn, config *tls.Config) (net.Conn, error) {
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return client, nil
}

// A patient connection waits for each read and write so long, and no longer. Deadlines that others
// set are ignored.
type patient struct{ net.Conn }

func (p patient) Read(b []byte) (int, error) {
	if err := p.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.Conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

func (p patient) SetReadDeadline(time.Time) error  { return nil }
func (p patient) SetWriteDeadline(time.Time) error { return nil }
