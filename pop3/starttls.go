package pop3

import (
	"context"
	"crypto/tls"
	"errors"
	"time"
)

// stls begins TLS (RFC 2595 §4). The session keeps nothing of what was read before. If octets
// follow STLS before its reply, the client does not wait as it must, or an attacker has inserted
// them: the session ends, because if they were dropped, client and server would not agree on what
// was said.
func (s *session) stls(ctx context.Context, _ argument) error {
	switch {
	case s.tls:
		return replyTLS
	case s.server.TLS == nil:
		return replyNoTLS
	}
	if s.conn.Buffered() > 0 {
		return replyPipelined
	}
	s.conn.Say("+OK begin TLS")
	if err := s.conn.Flush(); err != nil {
		return err
	}
	return s.startTLS(ctx)
}

// startTLS runs a handshake and continues over TLS.
func (s *session) startTLS(ctx context.Context) error {
	if s.server.TLS == nil {
		err := errors.New("pop3: TLS is not configured")
		s.conn.Fail(err)
		return err
	}
	limits := s.server.Limits.orDefaults()
	by := time.Now().Add(limits.Handshake)
	if s.conn.Limit().Before(by) {
		by = s.conn.Limit()
	}
	ctx, cancel := context.WithDeadline(ctx, by)
	defer cancel()
	raw := s.conn.NetConn()
	raw.SetDeadline(by) // replaces that of an earlier wait
	secure := tls.Server(raw, s.server.TLS)
	handshake := s.server.Handshake
	if handshake == nil {
		handshake = func(ctx context.Context, conn *tls.Conn) error { return conn.HandshakeContext(ctx) }
	}
	if err := handshake(ctx, secure); err != nil {
		s.conn.Fail(err)
		return err
	}
	s.tls, s.utf8 = true, false
	s.conn.Secure(secure)
	if by := time.Now().Add(limits.LoginTLS); by.After(s.conn.Limit()) {
		s.conn.SetLimit(by)
	}
	return nil
}
