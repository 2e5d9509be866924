package mailhost

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
)

// Start starts the servers.
func Start(events Events, logins ...Login) (p *Provider, err error) {
	p = &Provider{mailboxes: map[string]*Mailbox{}, events: events, conns: map[net.Conn]bool{}}
	p.ended = sync.NewCond(&p.mu)
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	var config *tls.Config
	if config, p.Pin, err = newTLS(); err != nil {
		return p, err
	}
	for _, l := range logins {
		if p.mailboxes[l.User], err = newMailbox(l.User, l.Protocol, events.Deleted); err != nil {
			return p, err
		}
	}
	for _, s := range []struct {
		port  *int
		serve func(net.Conn)
	}{{&p.POP3, p.servePOP3}, {&p.SMTP, p.serveSMTP}} {
		l, err := p.listen(config, s.port)
		if err != nil {
			return p, err
		}
		p.stops = append(p.stops, l.Close)
		p.group.Go(func() { p.accept(l, s.serve) })
	}
	l, err := p.listen(config, &p.IMAP)
	if err != nil {
		return p, err
	}
	server := p.imapServer()
	p.stops = append(p.stops, server.Close)
	p.group.Go(func() { server.Serve(l) })
	return p, nil
}

// Close ends all sessions.
func (p *Provider) Close() error {
	var all error
	for _, stop := range p.stops {
		all = errors.Join(all, stop())
	}
	p.mu.Lock()
	for conn := range p.conns {
		conn.Close()
	}
	p.mu.Unlock()
	p.group.Wait()
	return all
}

func (p *Provider) listen(config *tls.Config, port *int) (net.Listener, error) {
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		return nil, err
	}
	*port = l.Addr().(*net.TCPAddr).Port
	return l, nil
}

// accept serves connections until the listener is closed.
func (p *Provider) accept(l net.Listener, serve func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		p.begin(conn)
		p.group.Go(func() {
			serve(conn)
			conn.Close()
			p.end(conn)
		})
	}
}
