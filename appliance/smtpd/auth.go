package smtpd

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"

	"pillarbox/pop3/sasl"
)

// maxResponse is the longest line of an exchange in octets, CRLF counted (RFC 4954 §4).
const maxResponse = 12288

// auth is AUTH mechanism [initial-response] (RFC 4954 §4).
func (c *session) auth(ctx context.Context, argument []byte) error {
	name, initial, _ := bytes.Cut(argument, []byte(" "))
	var user string
	who := Credentials{Remote: c.remote, TLS: c.isTLS}
	q := c.questions(&who, func() (err error) {
		user, err = c.authenticate(ctx, who)
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
	if err := c.exchange(kind.Start(q), initial); err != nil {
		return c.loginRefused(err)
	}
	c.user = user
	c.say(sayWelcome)
	return nil
}

// loginFirst says what has to be done before mail is taken from nobody in particular (RFC 4954 §6).
func (c *session) loginFirst() error {
	if c.canLogIn() || !c.canUpgrade() {
		return errLoginFirst
	}
	return errTLSFirst
}

// questions are what the mechanisms ask here: their answers go into who, then ask is called.
func (c *session) questions(who *Credentials, ask func() error) sasl.Questions {
	q := sasl.Questions{Password: func(user, password string) error {
		who.User, who.Password = user, password
		return ask()
	}}
	if keeper, ok := c.server.Auth.(Keeper); ok {
		q.Secret = keeper.Secret
		q.Proof = func(user string, p sasl.Proof) error {
			who.User, who.Proof = user, &p
			return ask()
		}
		if state, ok := c.line.tls(); ok {
			q.Binding = sasl.Binding(state)
		}
	}
	return q
}

// authenticate asks who the client is.
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
	c.log.Error("could not find out who a client is", c.fields(errField(err))...)
	return "", ErrTemporary
}

// exchange carries challenges and responses until the mechanism has its answer.
func (c *session) exchange(m sasl.Mechanism, initial []byte) error {
	response, err := decodeInitial(initial)
	if err != nil {
		return err
	}
	for {
		challenge, done, err := m.Next(response)
		if done {
			return err
		}
		c.say(reply{334, "", base64.StdEncoding.EncodeToString(challenge)})
		text, err := c.readLine(maxResponse)
		if err != nil {
			return err
		}
		if string(text) == "*" {
			return errCancelled
		}
		if response, err = decode(text); err != nil {
			return err
		}
	}
}

// decodeInitial tells "no initial response" (nil) from an empty one, which is written "=".
func decodeInitial(text []byte) ([]byte, error) {
	switch string(text) {
	case "":
		return nil, nil
	case "=":
		return []byte{}, nil
	}
	return decode(text)
}

func decode(text []byte) ([]byte, error) {
	response := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(response, text)
	if err != nil || bytes.IndexByte(text, '\r') >= 0 {
		return nil, errBase64
	}
	return response[:n], nil
}

// loginRefused returns what an exchange that failed is answered with.
func (c *session) loginRefused(err error) error {
	var no refusal
	switch {
	case errors.As(err, &no):
		return no
	case errors.Is(err, sasl.ErrMalformed):
		return errBase64
	case errors.Is(err, ErrAuth), errors.Is(err, sasl.ErrAuthorization), errors.Is(err, sasl.ErrBinding):
		c.log.Info("login refused", c.fields()...)
		if c.logins++; c.logins >= c.limits.Logins {
			return errLogins
		}
		return errWrong
	case errors.Is(err, ErrTemporary):
		return errLoginLater
	}
	return err
}
