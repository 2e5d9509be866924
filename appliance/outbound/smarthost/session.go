package smarthost

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// Options of a session.
type Options struct {
	// Hello is what the client calls itself: a domain or an address literal. Default "[127.0.0.1]",
	// which tells the provider, and through its Received field every recipient, nothing.
	Hello string
	// TLS is the configuration with the server's name; its certificates are the caller's choice.
	// Required.
	TLS *tls.Config
	// Implicit begins with the TLS handshake (port 465); otherwise STARTTLS is required.
	Implicit bool
	// Login is how the client proves who it is.
	Login Login
	// Timeouts bound every wait.
	Timeouts Timeouts
}

// A Login is a user with a password or an OAuth 2.0 access token. One of the two is set.
type Login struct {
	User, Password, Token string
}

// Errors of Open, beside those of the connection and ErrProtocol.
var (
	// ErrNoTLS is returned by a server that does not offer STARTTLS. No login was sent.
	ErrNoTLS = errors.New("the server does not offer STARTTLS; no password was sent")
	// ErrLogin is returned if the server refused the login with 5xx. The *Refusal in it has the reply.
	ErrLogin = errors.New("the server refuses the login")
	// ErrMechanism is returned if the server offers no mechanism for this kind of secret.
	ErrMechanism = errors.New("the server offers no way to log in that fits the account")
	// ErrHandshake is returned if TLS failed. No login was sent.
	ErrHandshake = errors.New("TLS handshake failed; no password was sent")
)

// ErrOffline is for those who make the connection: the server could not be reached at all.
var ErrOffline = errors.New("the outgoing server cannot be reached")

// IsOffline reports whether an error of making a connection means that: no route, no name, or no
// answer. An error of a connection that was made does not.
func IsOffline(err error) bool {
	var dial *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &dial) && dial.Op == "dial"
}

// A Refusal is a reply that ends a session before a message was sent.
type Refusal struct {
	To    string // the command
	Reply Reply
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the server answers %s with %q", r.To, shorten(r.Reply.String()))
}

// A Session is a logged-in connection. It is used by one goroutine.
type Session struct {
	line     *line
	options  Options
	timeouts Timeouts
	offers   Offers
	secure   bool
	stop     func() bool // of the context of Open
	broken   error       // why nothing can be sent any more
}

// Open speaks with the server over a new connection until the client is logged in. It closes conn
// if it fails. If ctx ends, during Open or later, the connection is closed.
func Open(ctx context.Context, conn net.Conn, o Options) (*Session, error) {
	if o.TLS == nil {
		conn.Close()
		return nil, errors.New("smarthost: no TLS configuration")
	}
	if o.Hello == "" {
		o.Hello = "[127.0.0.1]"
	}
	s := &Session{line: newLine(conn), options: o, timeouts: o.Timeouts.orDefaults()}
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if err := s.open(ctx); err != nil {
		s.abandon()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) error {
	if s.options.Implicit {
		if err := s.handshake(ctx); err != nil {
			return err
		}
	}
	greeting, err := s.line.reply(s.timeouts.Greeting)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if greeting.Code != 220 {
		return &Refusal{"the connection", greeting}
	}
	if err := s.hello(); err != nil {
		return err
	}
	if !s.secure {
		if err := s.startTLS(ctx); err != nil {
			return err
		}
	}
	return s.logIn()
}

// hello sends EHLO. There is no HELO: a server without extensions knows no login.
func (s *Session) hello() error {
	reply, err := s.line.ask("EHLO "+s.options.Hello, s.timeouts.Command)
	if err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	if reply.Code != 250 {
		return &Refusal{"EHLO", reply}
	}
	s.offers = parseOffers(reply)
	return nil
}

// startTLS upgrades the connection, or ends the session.
func (s *Session) startTLS(ctx context.Context) error {
	if !s.offers.StartTLS {
		return ErrNoTLS
	}
	reply, err := s.line.ask("STARTTLS", s.timeouts.Command)
	if err != nil {
		return fmt.Errorf("STARTTLS: %w", err)
	}
	if reply.Code != 220 {
		return fmt.Errorf("%w: %w", ErrNoTLS, &Refusal{"STARTTLS", reply})
	}
	if err := s.handshake(ctx); err != nil {
		return err
	}
	return s.hello() // what was offered in the clear does not count
}

func (s *Session) handshake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeouts.Greeting)
	defer cancel()
	conn := tls.Client(s.line.conn, s.options.TLS)
	if err := s.line.replace(conn); err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Now().Add(s.timeouts.Greeting)); err != nil {
		return err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	s.secure = true
	return nil
}

// Offers returns what the server offers to a client that is logged in.
func (s *Session) Offers() Offers { return s.offers }

// quitPatience is how long the reply to QUIT may take. Nothing depends on it.
const quitPatience = 5 * time.Second

// Close ends the session with QUIT, if it still can be ended in peace.
func (s *Session) Close() {
	if s.broken == nil {
		s.line.ask("QUIT", quitPatience) // the messages are answered for already
	}
	s.abandon()
}

// abandon closes the connection.
func (s *Session) abandon() {
	s.stop()
	s.line.close()
	if s.broken == nil {
		s.broken = net.ErrClosed
	}
}
