package smtpd

import (
	"context"
	"crypto/tls"
)

// startTLS puts the session under TLS (RFC 3207). Everything that was sent in the clear is
// discarded: the greeting, a login, and octets that an attacker appended to the command.
func (s *session) startTLS(ctx context.Context, _ []byte) error {
	switch {
	case s.client.tls:
		return errUpgraded
	case !s.offer().upgrade():
		return errNotHere
	}
	s.say(sayUpgrade)
	if err := s.conn.Flush(); err != nil {
		return err
	}
	return s.upgrade(ctx)
}

// upgrade starts TLS on the connection and discards everything that was read before, including
// buffered octets (RFC 3207 §4.2).
func (s *session) upgrade(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Handshake)
	defer cancel()
	conn := tls.Server(s.conn.NetConn(), s.server.TLS)
	handshake := s.server.Handshake
	if handshake == nil {
		handshake = func(ctx context.Context, conn *tls.Conn) error { return conn.HandshakeContext(ctx) }
	}
	if err := handshake(ctx, conn); err != nil {
		s.handshakeFailed = true
		return err
	}
	s.conn.Secure(conn)
	s.client.secure()
	s.phase = fresh
	return nil
}
