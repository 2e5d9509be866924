package pop3

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// mayLogIn reports whether this connection may carry a password.
func (s *session) mayLogIn() bool {
	return s.tls || s.server.PlaintextAuth != nil && s.server.PlaintextAuth(s.remote())
}

// userName keeps the name for the PASS that follows. The reply is the same whether it exists or
// not.
func (s *session) userName(_ context.Context, a argument) error {
	s.mechanism = "USER"
	if !s.mayLogIn() {
		s.tried = string(a.text)
		return replyPlaintext
	}
	s.name = string(a.text)
	s.conn.Say("+OK now the password")
	return nil
}

// pass logs in with the name of USER. The password is the rest of the line, including blanks.
func (s *session) pass(ctx context.Context, a argument) error {
	c := Credentials{Mechanism: "USER", User: s.name, Password: string(a.text)}
	user, err := s.identify(ctx, c)
	if err != nil {
		return err
	}
	return s.enter(ctx, user)
}

// identify authenticates the client, and returns its user.
func (s *session) identify(ctx context.Context, c Credentials) (user string, err error) {
	s.tried = c.User
	c.Remote, c.TLS, c.Conn = s.remote(), s.tls, s.conn.NetConn()
	s.untilLimit(ctx, func(ctx context.Context) { user, err = s.server.Auth.Authenticate(ctx, c) })
	switch {
	case errors.Is(err, ErrAuth):
		return "", replyAuth
	case err != nil:
		return "", s.temporary("checking a login failed", c.User, err)
	}
	return user, nil
}

// enter opens the maildrop of the authenticated user, and says what is in it.
func (s *session) enter(ctx context.Context, user string) (err error) {
	if d := s.server.LoginDelay; d != nil && !d.take(s.server.account(user), time.Now()) {
		return replyDelay
	}
	s.untilLimit(ctx, func(ctx context.Context) { err = s.open(ctx, user) })
	if err != nil {
		return err
	}
	s.conn.SetLimit(time.Time{})
	s.maildrop.say()
	return nil
}

// untilLimit calls f with a context that ends when the client closes the connection, or the time to
// log in is over.
func (s *session) untilLimit(ctx context.Context, f func(context.Context)) {
	ctx, cancel := context.WithDeadline(ctx, s.conn.Limit())
	defer cancel()
	s.conn.WhileConnected(ctx, f)
}

// open opens the maildrop, exclusively if the server is configured so.
func (s *session) open(ctx context.Context, user string) error {
	locks := s.server.Exclusive
	account := s.server.account(user)
	if locks != nil && !locks.lock(account) {
		return replyInUse
	}
	mail, err := s.server.Store.Open(ctx, user)
	if err != nil {
		if locks != nil {
			locks.unlock(account)
		}
		return s.temporary("opening the maildrop failed", user, err)
	}
	s.user, s.locked = user, locks != nil
	s.maildrop = newOpenMaildrop(&s.conn, mail, s.utf8)
	return nil
}

// temporary logs an error of the Store or the Authenticator, and returns the reply error for it.
func (s *session) temporary(event, user string, err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// The client has left, or its time is over: the log says so at the end of the session.
	case errors.Is(err, ErrTemporary):
		s.logger().Info(event, zap.String("mailbox", user), zap.Error(err))
	default:
		s.logger().Error(event, zap.String("mailbox", user), zap.Error(err))
	}
	return replyTemporary
}
