package child

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"os/signal"
	"syscall"

	"pillarbox/appliance/remote/imapfetch"
	"pillarbox/appliance/remote/link"
	"pillarbox/appliance/remote/popclient"
	"pillarbox/appliance/remote/session"
	"pillarbox/appliance/remote/trust"
)

// socket is the descriptor of the socket pair in the child.
const socket = 3

// Main is the whole of the child. It returns the exit code. Service managers and terminals send
// their signals to children as well: when a session ends, the server alone decides.
func Main() int {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
	LimitMemory()
	_ = syscall.SetNonblock(socket, true) // else each read of it holds a thread
	stream := os.NewFile(socket, "socket")
	if _, err := stream.Stat(); err != nil {
		os.Stderr.WriteString("pillarbox: this command is for the server only\n")
		return 2
	}
	if err := link.Serve(stream, open, new(asking).do); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// open confines the process and begins a session.
func open(t link.Target) (session.Mailbox, error) {
	host, port, err := net.SplitHostPort(t.Address)
	if err != nil {
		return nil, session.Errorf(session.Protocol, "%q is not a host and port", t.Address)
	}
	if err := restrict(port, t.Bundle); err != nil {
		return nil, session.Errorf(session.Protocol, "the session cannot be confined: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialPatience)
	defer cancel()
	conn, err := dial(ctx, t.Address)
	if err != nil {
		return nil, err
	}
	known := parseTicket(t.Ticket)
	config := trust.Policy{Host: host, Pin: t.Pin, Bundle: t.Bundle}.Config()
	config.ClientSessionCache = known
	m, err := begin(ctx, conn, t, config)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return resumable{m, known}, nil
}

// A resumable mailbox has the ticket of its TLS session.
type resumable struct {
	session.Mailbox
	*ticket
}

// begin speaks the protocol as far as the login.
func begin(ctx context.Context, conn net.Conn, t link.Target, config *tls.Config) (session.Mailbox, error) {
	secured := conn
	if t.Implicit {
		var err error
		if secured, err = secure(ctx, conn, config); err != nil {
			return nil, err
		}
	}
	if t.Protocol == "imap" {
		if t.Implicit {
			config = nil
		}
		m, err := imapfetch.Open(secured, config, t.Login, t.Folders, t.Eras)
		if err != nil {
			return nil, err
		}
		return &tidy{Mailbox: m}, nil
	}
	c, err := popclient.New(secured, t.Implicit)
	if err == nil && !t.Implicit {
		err = c.StartTLS(ctx, config)
	}
	if err == nil {
		err = c.Login(t.Login)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}
