package pop3

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"time"

	"go.uber.org/zap"

	"pillarbox/pop3/sasl"
)

// maxResponse is the length of the longest line of a SASL exchange, CRLF included (RFC 5034 §4).
const maxResponse = 12288

// A mechanism is one that AUTH knows.
type mechanism struct {
	name  string
	start func(sasl.Check) sasl.Mechanism
}

// mechanisms are what AUTH knows, best first.
var mechanisms = [...]mechanism{
	{"PLAIN", sasl.NewPlain}, // RFC 4616
	{"LOGIN", sasl.NewLogin}, // draft-murchison-sasl-login
}

// mayLogIn reports whether this connection may carry a password.
func (s *session) mayLogIn() bool {
	return s.tls || s.server.PlaintextAuth != nil && s.server.PlaintextAuth(s.remote)
}

// stls begins TLS (RFC 2595 §4). Nothing that was read or learned before survives it.
func (s *session) stls(ctx context.Context, _ argument) error {
	switch {
	case s.tls:
		return refuseTLS
	case s.server.TLS == nil:
		return refuseNoTLS
	}
	s.say("+OK begin TLS")
	if err := s.flush(); err != nil {
		return err
	}
	return s.startTLS(ctx)
}

// userName takes the name for the PASS that follows; whether it exists is never said.
func (s *session) userName(_ context.Context, a argument) error {
	if !s.mayLogIn() {
		return refusePlaintext
	}
	s.name = string(a.text)
	s.say("+OK now the password")
	return nil
}

// pass logs in with the name that USER gave. The password is the rest of the line, blanks
// included.
func (s *session) pass(ctx context.Context, a argument) error {
	c := Credentials{Mechanism: "USER", User: s.name, Password: string(a.text)}
	if err := s.logIn(ctx, c); err != nil {
		return err
	}
	s.sayMaildrop()
	return nil
}

// authMechanisms lists the mechanisms, one a line.
func (s *session) authMechanisms(context.Context, argument) error {
	if !s.mayLogIn() {
		return refusePlaintext
	}
	s.say("+OK")
	for _, m := range mechanisms {
		s.say(m.name)
	}
	s.say(".")
	return nil
}

// auth runs a SASL exchange (RFC 5034 §4).
func (s *session) auth(ctx context.Context, a argument) error {
	if !s.mayLogIn() {
		return refusePlaintext
	}
	name, initial, has := bytes.Cut(a.text, blank)
	m := s.mechanism(ctx, name)
	if m == nil {
		return refuseMechanism
	}
	var response []byte
	if has {
		var err error
		if response, err = initialResponse(initial); err != nil {
			return err
		}
	}
	for {
		challenge, done, err := m.Next(response)
		if err != nil {
			return ofExchange(err)
		}
		if done {
			s.sayMaildrop()
			return nil
		}
		if response, err = s.challenge(ctx, challenge); err != nil {
			return err
		}
	}
}

// mechanism starts the mechanism of that name, or returns nil.
func (s *session) mechanism(ctx context.Context, name []byte) sasl.Mechanism {
	for _, m := range mechanisms {
		if equalFold(name, m.name) {
			return m.start(func(user, password string) error {
				return s.logIn(ctx, Credentials{Mechanism: m.name, User: user, Password: password})
			})
		}
	}
	return nil
}

// initialResponse decodes what stands behind the mechanism; "=" is an empty one.
func initialResponse(word []byte) ([]byte, error) {
	if string(word) == "=" {
		return []byte{}, nil
	}
	return decode(word)
}

// challenge asks the client for its next response.
func (s *session) challenge(ctx context.Context, text []byte) ([]byte, error) {
	b := append(s.room(), "+ "...)
	b = base64.StdEncoding.AppendEncode(b, text)
	s.keep(append(b, '\r', '\n'))
	line, err := s.readLine(ctx, maxResponse)
	switch {
	case err != nil:
		return nil, ofLine(err)
	case string(line) == "*":
		return nil, refuseCancelled
	}
	return decode(line)
}

// decode decodes base64; the result is never nil.
func decode(word []byte) ([]byte, error) {
	response, err := base64.StdEncoding.AppendDecode(make([]byte, 0, len(word)), word)
	if err != nil {
		return nil, refuseBase64
	}
	return response, nil
}

// ofExchange turns what ended an exchange into its refusal.
func ofExchange(err error) error {
	switch {
	case errors.Is(err, sasl.ErrMalformed):
		return refuseMalformed
	case errors.Is(err, sasl.ErrAuthorization):
		return refuseAuth
	}
	return err
}

// logIn verifies c and opens the maildrop. A refusal leaves the session as it was.
func (s *session) logIn(ctx context.Context, c Credentials) (err error) {
	ctx, cancel := context.WithDeadline(ctx, s.loginBy)
	defer cancel()
	s.tried = c.User
	c.Remote, c.TLS = s.remote, s.tls
	s.whileConnected(ctx, func(ctx context.Context) { err = s.decide(ctx, c) })
	return err
}

// decide is logIn while the client waits.
func (s *session) decide(ctx context.Context, c Credentials) error {
	user, err := s.server.Auth.Authenticate(ctx, c)
	switch {
	case errors.Is(err, ErrAuth):
		return refuseAuth
	case err != nil:
		return s.temporary("login not decided", c.User, err)
	}
	return s.open(ctx, user)
}

// open opens the maildrop, exclusively where that is asked for.
func (s *session) open(ctx context.Context, user string) error {
	locks := s.server.Exclusive
	if locks != nil && !locks.lock(user) {
		return refuseInUse
	}
	mail, err := s.server.Store.Open(ctx, user)
	if err != nil {
		if locks != nil {
			locks.unlock(user)
		}
		return s.temporary("maildrop not opened", user, err)
	}
	s.user, s.mail, s.locked = user, mail, locks != nil
	s.marks = newMarks(mail)
	s.loginBy = time.Time{}
	return nil
}

// temporary logs what is out of order, where the store did not foresee it, and refuses.
func (s *session) temporary(event, user string, err error) error {
	if errors.Is(err, ErrTemporary) {
		s.logger().Info(event, zap.String("mailbox", user), zap.Error(err))
	} else {
		s.logger().Error(event, zap.String("mailbox", user), zap.Error(err))
	}
	return refuseTemporary
}
