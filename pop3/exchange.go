package pop3

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"

	"pillarbox/pop3/sasl"
)

// authMechanisms lists the mechanisms, one per line.
func (s *session) authMechanisms(context.Context, argument) error {
	if !s.mayLogIn() {
		return replyPlaintext
	}
	s.conn.Say("+OK")
	for _, k := range s.mechanisms() {
		s.conn.Say(k.Name)
	}
	s.conn.Say(".")
	return nil
}

// mechanisms returns the mechanisms that AUTH can run on this connection.
func (s *session) mechanisms() []sasl.Kind {
	return sasl.Kinds((&exchange{s: s}).questions(nil))
}

// auth runs a SASL exchange (RFC 5034 §4). The maildrop is opened after its end, because a client
// that does not accept the server's proof may still cancel it.
func (s *session) auth(ctx context.Context, a argument) error {
	name, initial, _ := bytes.Cut(a.text, blank)
	s.tried, s.mechanism = "", ""
	if !s.mayLogIn() {
		return replyPlaintext
	}
	e := &exchange{s: s}
	q := e.questions(func() (err error) {
		e.user, err = s.identify(ctx, e.given)
		return err
	})
	kind, ok := sasl.Find(name, q)
	if !ok {
		return replyMechanism
	}
	e.given.Mechanism, s.mechanism = kind.Name, kind.Name
	if err := e.run(ctx, kind.Start(q), initial); err != nil {
		return ofExchange(err)
	}
	return s.enter(ctx, e.user)
}

// An exchange is one AUTH command.
type exchange struct {
	s     *session
	given Credentials // what the client has given
	user  string      // what Authenticate has returned
}

// questions returns what the mechanisms need from the server. They call identify when the client
// has given its credentials.
func (e *exchange) questions(identify func() error) sasl.Questions {
	auth := e.s.server.Auth
	q := sasl.Questions{Password: func(user, password string) error {
		e.given.User, e.given.Password = user, password
		return identify()
	}}
	if namer, ok := auth.(Namer); ok {
		q.Same = namer.SameUser
	}
	if keeper, ok := auth.(Keeper); ok {
		q.Secret = keeper.Secret
		q.Proof = func(user string, p sasl.Proof) error {
			e.given.User, e.given.Proof = user, &p
			return identify()
		}
		if conn, ok := e.s.conn.NetConn().(*tls.Conn); ok {
			q.Binding = sasl.Binding(conn.ConnectionState())
		}
	}
	return q
}

// run runs a mechanism to its end. A challenge may be as long as a SASL line, not only as long as a
// reply: SCRAM repeats the client's nonce.
func (e *exchange) run(ctx context.Context, m sasl.Mechanism, initial []byte) error {
	c := &e.s.conn
	return sasl.Exchange(m, initial, func(challenge string) ([]byte, error) {
		c.Keep(append(append(append(c.Room(sasl.MaxLine), "+ "...), challenge...), '\r', '\n'))
		line, err := c.ReadLine(ctx, sasl.MaxLine)
		if err != nil {
			return nil, ofLine(err)
		}
		return line, nil
	})
}

// ofExchange returns the reply error for an exchange that has failed.
func ofExchange(err error) error {
	switch {
	case errors.Is(err, sasl.ErrCancelled):
		return replyCancelled
	case errors.Is(err, sasl.ErrBase64):
		return replyBase64
	case errors.Is(err, sasl.ErrMalformed):
		return replyMalformed
	case errors.Is(err, sasl.ErrAuthorization):
		return replyAuth
	case errors.Is(err, sasl.ErrBinding):
		return replyBinding
	}
	return err
}
