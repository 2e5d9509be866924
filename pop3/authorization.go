package pop3

import (
	"context"
	"errors"
	"time"

	"pillarbox/appliance/logbook"
)

// mayLogIn reports whether this connection may carry a password.
func (s *session) mayLogIn() bool {
	return s.tls || s.server.PlaintextAuth != nil && s.server.PlaintextAuth(s.remote)
}

// stls begins TLS (RFC 2595 §4). Nothing that was read or learned before survives it. A client
// that has said something behind STLS already did not wait for the answer as it must, or it was
// somebody in between who said it: that session ends, for to drop it in silence would leave
// the two sides with different ideas of what was said.
func (s *session) stls(ctx context.Context, _ argument) error {
	switch {
	case s.tls:
		return refuseTLS
	case s.server.TLS == nil:
		return refuseNoTLS
	}
	if s.in.Buffered() > 0 {
		return refuseHaste
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

// logIn says who the client is and opens the maildrop. A refusal leaves the session as it was.
func (s *session) logIn(ctx context.Context, c Credentials) error {
	user, err := s.identify(ctx, c)
	if err != nil {
		return err
	}
	return s.enter(ctx, user)
}

// identify asks who the client is.
func (s *session) identify(ctx context.Context, c Credentials) (user string, err error) {
	s.tried = c.User
	c.Remote, c.TLS = s.remote, s.tls
	s.whileWaiting(ctx, func(ctx context.Context) { user, err = s.server.Auth.Authenticate(ctx, c) })
	switch {
	case errors.Is(err, ErrAuth):
		return "", refuseAuth
	case err != nil:
		return "", s.temporary("login not decided", c.User, err)
	}
	return user, nil
}

// enter opens the maildrop of user, who has proved to be that.
func (s *session) enter(ctx context.Context, user string) (err error) {
	if d := s.server.LoginDelay; d != nil && !d.take(user, time.Now()) {
		return refuseDelay
	}
	s.whileWaiting(ctx, func(ctx context.Context) { err = s.open(ctx, user) })
	return err
}

// whileWaiting calls f with a context that ends when the client hangs up or the time to log
// in is over.
func (s *session) whileWaiting(ctx context.Context, f func(context.Context)) {
	ctx, cancel := context.WithDeadline(ctx, s.loginBy)
	defer cancel()
	s.whileConnected(ctx, f)
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
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// The client has left, or its time is over: how the session ended says so.
	case errors.Is(err, ErrTemporary):
		s.logger().Info(event, logbook.String("mailbox", user), logbook.Error(err))
	default:
		s.logger().Error(event, logbook.String("mailbox", user), logbook.Error(err))
	}
	return refuseTemporary
}
