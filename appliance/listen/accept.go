package listen

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/config"
)

// A Server serves the connections of one protocol.
type Server interface {
	ServeConn(ctx context.Context, conn net.Conn, implicitTLS bool) error
	Refuse(conn net.Conn, text string)
}

// A parker is a Server whose sessions have no goroutine while they wait for their client.
type parker interface {
	Serve(ctx context.Context, conn net.Conn, implicitTLS bool, over func())
}

// Rules are what an Acceptor reads of the configuration in force.
type Rules struct {
	Allow   config.Prefixes // the addresses of clients
	Servers map[Protocol]Server
	Probed  map[Protocol]Server // the same for health probes: they log nothing
}

// An Acceptor accepts the connections of listeners and runs their sessions.
type Acceptor struct {
	Sessions *Sessions
	log      *zap.Logger
	clients  *access.Table
	rules    func() Rules
	stirred  func() // called when a session begins or ends
	spare    *spare
}

// NewAcceptor returns an acceptor. rules returns those in force; stirred is called when a session
// begins or ends.
func NewAcceptor(clients *access.Table, log *zap.Logger, rules func() Rules, stirred func()) *Acceptor {
	return &Acceptor{Sessions: newSessions(), log: log, clients: clients, rules: rules, stirred: stirred, spare: newSpare()}
}

// Close ends all sessions at once. A nil *Acceptor has none.
func (a *Acceptor) Close() {
	if a == nil {
		return
	}
	a.Sessions.End(0)
	a.spare.close()
}

// mostPause is the longest that accepting waits after an error: a client notices no more of it.
const mostPause = time.Second

// Accept takes connections from l until it is closed; ctx cuts its pauses short.
func (a *Acceptor) Accept(ctx context.Context, l *Listener) {
	pause, told := time.Duration(0), time.Time{}
	for {
		a.takeProbe(l)
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			a.admit(l, conn)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded): // a probe waits
			l.Listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Time{})
			continue
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			a.spare.turnAway(l.Listener, func(conn net.Conn) { a.rules().refuse(l, conn, access.RefusedFull) })
		}
		pause = min(max(2*pause, 5*time.Millisecond), mostPause)
		if now := time.Now(); now.Sub(told) >= time.Minute {
			told = now
			a.log.Warn("accepting connections failed", zap.Stringer("at", l.Addr()), zap.Error(err))
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// admit starts a session, or refuses it.
func (a *Acceptor) admit(l *Listener, conn net.Conn) {
	in := a.rules()
	client := access.ClientOf(conn)
	if from := access.AddrOf(conn); from.IsValid() && !in.Allow.Contains(from) {
		a.Refused(l, client, "not in allow")
		conn.Close()
		return
	}
	session, refusal := a.clients.Enter(client, func() { sever(conn) })
	if refusal != "" {
		a.Refused(l, client, refusal)
		in.refuse(l, conn, refusal)
		return
	}
	a.stirred()
	if !client.Local() && !a.clients.Known(client) { // a mail server on this machine may come often
		a.tell(a.clients.Connected(client), client)
	}
	a.serve(in.Servers[l.Protocol], conn, l.TLS, session)
}

// serve runs a session, and keeps its connection in Sessions. session is nil for a health probe.
func (a *Acceptor) serve(by Server, conn net.Conn, implicitTLS bool, session *access.Session) {
	a.Sessions.Add(conn, session)
	ended := func() { // the session has logged how
		if session != nil {
			session.Leave()
			a.stirred()
		}
		a.Sessions.Remove(conn)
	}
	if by, ok := by.(parker); ok {
		by.Serve(a.Sessions.ctx, conn, implicitTLS, ended)
		return
	}
	go func() {
		by.ServeConn(a.Sessions.ctx, conn, implicitTLS)
		ended()
	}()
}

// takeProbe lets a waiting health probe in, before each connection.
func (a *Acceptor) takeProbe(l *Listener) {
	select {
	case far := <-l.probes:
		a.clients.Ready() // which every client has to pass
		a.serve(a.rules().Probed[l.Protocol], far, l.TLS, nil)
	default:
	}
}

// refuse sends a client the reason why it is not served, and closes the connection.
func (in Rules) refuse(l *Listener, conn net.Conn, refusal string) {
	if l.TLS {
		conn.Close() // words would be no TLS
		return
	}
	in.Servers[l.Protocol].Refuse(conn, refusal)
}

// Refused logs that a client was not admitted: the first few of a client, of a flood only that
// there is one. Package logging bounds the lines about all clients: one may come from a new address
// each time.
func (a *Acceptor) Refused(l *Listener, from access.Client, reason string) {
	says := a.clients.Connected(from)
	level := zap.DebugLevel
	if says.Line {
		level = zap.InfoLevel
	}
	a.log.Log(level, "connection refused", zap.String("proto", string(l.Protocol)), zap.Stringer("remote", from), zap.String("reason", reason))
	a.tell(says, from)
}

// tell logs a flood that has begun.
func (a *Acceptor) tell(says access.Notice, from access.Client) {
	if says.Client {
		a.log.Warn("many connections without a login", zap.Stringer("remote", from), zap.Int("minute", access.FloodOfClient))
	}
	if says.All {
		a.log.Warn("many connections without a login from many addresses", zap.Int("minute", access.FloodOfAll))
	}
}
