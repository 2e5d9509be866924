package pop3

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"

	"pillarbox/pop3/sasl"
)

// maxResponse is the length of the longest line of a SASL exchange, CRLF included (RFC 5034 §4).
const maxResponse = 12288

// authMechanisms lists the mechanisms, one a line.
func (s *session) authMechanisms(context.Context, argument) error {
	if !s.mayLogIn() {
		return refusePlaintext
	}
	s.say("+OK")
	for _, k := range s.mechanisms() {
		s.say(k.Name)
	}
	s.say(".")
	return nil
}

// mechanisms are those that AUTH can run now.
func (s *session) mechanisms() []sasl.Kind {
	return sasl.Kinds(s.questions(nil, nil))
}

// auth runs a SASL exchange (RFC 5034 §4). The maildrop is opened when it is over: a client that
// does not believe the server's proof may still cancel it.
func (s *session) auth(ctx context.Context, a argument) error {
	if !s.mayLogIn() {
		return refusePlaintext
	}
	name, initial, has := bytes.Cut(a.text, blank)
	var response []byte
	if has {
		var err error
		if response, err = initialResponse(initial); err != nil {
			return err
		}
	}
	var user string
	c := Credentials{}
	q := s.questions(&c, func() (err error) {
		user, err = s.identify(ctx, c)
		return err
	})
	kind, ok := sasl.Find(name, q)
	if !ok {
		return refuseMechanism
	}
	c.Mechanism = kind.Name
	if err := s.exchange(ctx, kind.Start(q), response); err != nil {
		return err
	}
	if err := s.enter(ctx, user); err != nil {
		return err
	}
	s.sayMaildrop()
	return nil
}

// questions are what the mechanisms ask here: their answers go into c, then ask is called.
func (s *session) questions(c *Credentials, ask func() error) sasl.Questions {
	q := sasl.Questions{Password: func(user, password string) error {
		c.User, c.Password = user, password
		return ask()
	}}
	if keeper, ok := s.server.Auth.(Keeper); ok {
		q.Secret = keeper.Secret
		q.Proof = func(user string, p sasl.Proof) error {
			c.User, c.Proof = user, &p
			return ask()
		}
		if conn, ok := s.conn.(*tls.Conn); ok {
			q.Binding = sasl.Binding(conn.ConnectionState())
		}
	}
	return q
}

// exchange carries challenges and responses until m has its answer.
func (s *session) exchange(ctx context.Context, m sasl.Mechanism, response []byte) error {
	for {
		challenge, done, err := m.Next(response)
		if done {
			return ofExchange(err)
		}
		if response, err = s.challenge(ctx, challenge); err != nil {
			return err
		}
	}
}

// initialResponse decodes what stands behind the mechanism; "=" is an empty one.
func initialResponse(word []byte) ([]byte, error) {
	if string(word) == "=" {
		return []byte{}, nil
	}
	return decode(word)
}

// challenge asks the client for its next response. It is as long as a SASL line may be, not
// as a reply: SCRAM repeats the client's nonce.
func (s *session) challenge(ctx context.Context, text []byte) ([]byte, error) {
	b := append(s.roomFor(maxResponse), "+ "...)
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
	if err != nil || bytes.IndexByte(word, '\r') >= 0 {
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
	case errors.Is(err, sasl.ErrBinding):
		return refuseBinding
	}
	return err
}
