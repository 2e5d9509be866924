package smtpd

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"

	"go.uber.org/zap"

	"pillarbox/pop3/sasl"
)

// greet sends the greeting. It contains no "<…@…>", which some clients take for an offer of APOP.
func (s *session) greet() {
	dialect := " ESMTP pillarbox"
	if s.server.LMTP {
		dialect = " LMTP pillarbox"
	}
	s.say(reply{220, "", s.server.Hostname + dialect})
}

// helo runs HELO, which offers no extensions.
func (s *session) helo(_ context.Context, name []byte) error {
	s.meet(name, false)
	s.say(reply{250, "", s.server.Hostname})
	return nil
}

// ehlo runs EHLO or LHLO and lists the extensions that are available now.
func (s *session) ehlo(_ context.Context, name []byte) error {
	s.meet(name, true)
	lines := append(append(append(s.conn.Room(), "250-"...), s.server.Hostname...), '\r', '\n')
	s.sayAfter(s.offer().lines(lines), reply{250, "", "HELP"})
	return nil
}

// meet starts the session over, as RSET does too (RFC 5321 §4.1.4).
func (s *session) meet(name []byte, extended bool) {
	s.forget()
	s.client.hello, s.client.extended = string(name[:min(len(name), maxDomain)]), extended
	s.phase = greeted
}

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

// auth runs AUTH mechanism [initial-response] (RFC 4954 §4).
func (s *session) auth(ctx context.Context, argument []byte) error {
	e := exchange{s: s, given: Credentials{Remote: s.client.remote, TLS: s.client.tls, Conn: s.conn.NetConn()}}
	err := e.run(ctx, argument)
	if no, refused := asRefusal(err); refused {
		e.noteRefusal(no)
		return err
	}
	if err != nil {
		return err
	}
	c := &s.client
	c.user = e.user
	c.clear = !c.tls && e.given.Proof == nil && c.remote.IsValid() && !c.remote.IsLoopback()
	s.say(sayWelcome)
	return nil
}

// An exchange is one AUTH command.
type exchange struct {
	s     *session
	given Credentials // what the client has given
	user  string      // what Authenticate has returned
}

// run runs the SASL exchange that the argument begins.
func (e *exchange) run(ctx context.Context, argument []byte) error {
	name, initial, _ := bytes.Cut(argument, []byte(" "))
	offer := e.s.offer()
	q := offer.questions(&e.given, func() error { return e.authenticate(ctx) })
	kind, known := sasl.Find(name, q)
	switch {
	case e.s.server.Auth == nil:
		return errNotHere
	case e.s.client.user != "":
		return errKnown
	case !known:
		return errMechanism
	case !offer.login():
		return errNeedsTLS
	}
	e.given.Mechanism = kind.Name
	if err := sasl.Exchange(kind.Start(q), initial, e.challenge); err != nil {
		return e.refused(err)
	}
	return nil
}

// challenge sends a challenge and returns the client's line.
func (e *exchange) challenge(text string) ([]byte, error) {
	e.s.say(reply{334, "", text})
	return e.s.readLine(sasl.MaxLine)
}

// authenticate checks what the client has given.
func (e *exchange) authenticate(ctx context.Context) (err error) {
	s := e.s
	limited, cancel := context.WithTimeout(ctx, s.limits.Login)
	defer cancel()
	e.user, err = s.server.Auth.Authenticate(limited, e.given)
	switch {
	case err == nil, errors.Is(err, ErrAuth), errors.Is(err, ErrTemporary):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	s.client.log.Error("checking a login failed", s.fields(zap.String("user", e.given.User), zap.Error(err))...)
	return ErrTemporary
}

// refused returns the reply to an exchange that failed.
func (e *exchange) refused(err error) error {
	var no refusal
	switch {
	case errors.As(err, &no):
		return no
	case errors.Is(err, sasl.ErrCancelled):
		return errCancelled
	case errors.Is(err, sasl.ErrMalformed), errors.Is(err, sasl.ErrBase64):
		return errBase64
	case errors.Is(err, ErrAuth), errors.Is(err, sasl.ErrAuthorization), errors.Is(err, sasl.ErrBinding):
		s := e.s
		if s.logins++; s.logins >= s.limits.Logins {
			return errLogins
		}
		return errWrong
	case errors.Is(err, ErrTemporary):
		return errLoginLater
	}
	return err
}

// noteRefusal logs a login that is refused, with the user as the client wrote the name.
func (e *exchange) noteRefusal(no refusal) {
	mechanism := zap.Skip()
	if e.given.Mechanism != "" {
		mechanism = zap.String("mechanism", e.given.Mechanism)
	}
	e.s.noteRefusal("login failed", no, zap.String("user", e.given.User), mechanism)
}
