package smarthost

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// Open speaks with the server over a new connection until the client is logged in. It closes conn
// if it fails. If ctx ends, during Open or later, the connection is closed.
func Open(ctx context.Context, conn net.Conn, o Options) (*Session, error) {
	if o.TLS == nil {
		conn.Close()
		return nil, errors.New("smarthost: no TLS configuration")
	}
	if o.Hello == "" {
		o.Hello = "[127.0.0.1]"
	}
	s := &Session{line: newLine(conn), options: o, timeouts: o.Timeouts.orDefaults()}
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if err := s.open(ctx); err != nil {
		s.abandon()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) error {
	if s.options.Implicit {
		if err := s.handshake(ctx); err != nil {
			return err
		}
	}
	greeting, err := s.line.reply(s.timeouts.Greeting)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if greeting.Code != 220 {
		return &Refusal{"the connection", greeting}
	}
	if err := s.hello(); err != nil {
		return err
	}
	if !s.secure {
		if err := s.startTLS(ctx); err != nil {
			return err
		}
	}
	return s.logIn()
}

// hello sends EHLO. There is no HELO: a server without extensions has no login.
func (s *Session) hello() error {
	reply, err := s.line.ask("EHLO "+s.options.Hello, s.timeouts.Command)
	if err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	if reply.Code != 250 {
		return &Refusal{"EHLO", reply}
	}
	s.offers = parseOffers(reply)
	return nil
}

// startTLS upgrades the connection, or ends the session.
func (s *Session) startTLS(ctx context.Context) error {
	if !s.offers.StartTLS {
		return ErrNoTLS
	}
	reply, err := s.line.ask("STARTTLS", s.timeouts.Command)
	if err != nil {
		return fmt.Errorf("STARTTLS: %w", err)
	}
	if reply.Code != 220 {
		return fmt.Errorf("%w: %w", ErrNoTLS, &Refusal{"STARTTLS", reply})
	}
	if err := s.handshake(ctx); err != nil {
		return err
	}
	return s.hello() // what was offered in the clear does not count
}

func (s *Session) handshake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeouts.Greeting)
	defer cancel()
	conn := tls.Client(s.line.conn, s.options.TLS)
	if err := s.line.replace(conn); err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Now().Add(s.timeouts.Greeting)); err != nil {
		return err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	s.secure = true
	return nil
}
