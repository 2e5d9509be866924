package smtpd

import (
	"bytes"
	"context"
	"errors"

	"go.uber.org/zap"

	"pillarbox/pop3/sasl"
)

// auth runs AUTH mechanism [initial-response] (RFC 4954 §4).
func (c *session) auth(ctx context.Context, argument []byte) error {
	who := Credentials{Remote: c.remote, TLS: c.isTLS, Conn: c.conn.NetConn()}
	err := c.logIn(ctx, argument, &who)
	if no, refused := asRefusal(err); refused {
		c.loginFailed(who, no)
	}
	return err
}

// logIn runs a SASL exchange, which stores in who what the client sent.
func (c *session) logIn(ctx context.Context, argument []byte, who *Credentials) error {
	name, initial, _ := bytes.Cut(argument, []byte(" "))
	var user string
	q := c.questions(who, func() (err error) {
		user, err = c.authenticate(ctx, *who)
		return err
	})
	kind, known := sasl.Find(name, q)
	switch {
	case c.server.Auth == nil:
		return errNotHere
	case c.user != "":
		return errKnown
	case !known:
		return errMechanism
	case !c.canLogIn():
		return errNeedsTLS
	}
	who.Mechanism = kind.Name
	if err := sasl.Exchange(kind.Start(q), initial, c.challenge); err != nil {
		return c.loginRefused(err)
	}
	c.user = user
	c.clear = !c.isTLS && who.Proof == nil && c.remote.IsValid() && !c.remote.IsLoopback()
	c.say(sayWelcome)
	return nil
}

// loginFirst returns what a client without a login has to do before it may send mail (RFC 4954 §6).
func (c *session) loginFirst() error {
	if c.canLogIn() || !c.canUpgrade() {
		return errLoginFirst
	}
	return errTLSFirst
}

// questions returns the callbacks of the mechanisms: they store the client's answers in who and
// call ask.
func (c *session) questions(who *Credentials, ask func() error) sasl.Questions {
	q := sasl.Questions{Password: func(user, password string) error {
		who.User, who.Password = user, password
		return ask()
	}}
	if namer, ok := c.server.Auth.(Namer); ok {
		q.Same = namer.SameUser
	}
	if keeper, ok := c.server.Auth.(Keeper); ok {
		q.Secret = keeper.Secret
		q.Proof = func(user string, p sasl.Proof) error {
			who.User, who.Proof = user, &p
			return ask()
		}
		if state, ok := c.conn.TLS(); ok {
			q.Binding = sasl.Binding(state)
		}
	}
	return q
}

// authenticate checks the client's credentials.
func (c *session) authenticate(ctx context.Context, who Credentials) (string, error) {
	limited, cancel := context.WithTimeout(ctx, c.limits.Login)
	defer cancel()
	user, err := c.server.Auth.Authenticate(limited, who)
	switch {
	case err == nil, errors.Is(err, ErrAuth), errors.Is(err, ErrTemporary):
		return user, err
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	c.log.Error("checking a login failed", c.fields(zap.String("user", who.User), zap.Error(err))...)
	return "", ErrTemporary
}

// challenge sends a challenge and returns the client's line.
func (c *session) challenge(text string) ([]byte, error) {
	c.say(reply{334, "", text})
	return c.readLine(sasl.MaxLine)
}

// loginRefused returns the reply to an exchange that failed.
func (c *session) loginRefused(err error) error {
	var no refusal
	switch {
	case errors.As(err, &no):
		return no
	case errors.Is(err, sasl.ErrCancelled):
		return errCancelled
	case errors.Is(err, sasl.ErrMalformed), errors.Is(err, sasl.ErrBase64):
		return errBase64
	case errors.Is(err, ErrAuth), errors.Is(err, sasl.ErrAuthorization), errors.Is(err, sasl.ErrBinding):
		if c.logins++; c.logins >= c.limits.Logins {
			return errLogins
		}
		return errWrong
	case errors.Is(err, ErrTemporary):
		return errLoginLater
	}
	return err
}
