package pop3

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"pillarbox/pop3/conn"
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

// over returns the TLS connection over raw, before its handshake.
func (s *Server) over(raw net.Conn) *tls.Conn {
	if tcp, ok := raw.(*net.TCPConn); ok && s.Kernel != nil {
		return s.Kernel.Server(tcp)
	}
	return conn.OverRecords(raw, s.TLS)
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
	secure := s.server.over(raw)
	handshake := s.server.Handshake
	if handshake == nil {
		handshake = func(ctx context.Context, secure *tls.Conn) error { return secure.HandshakeContext(ctx) }
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
