package smtpd

import (
	"bytes"
	"context"
	"errors"

	"go.uber.org/zap"

	"pillarbox/pop3/sasl"
)

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
