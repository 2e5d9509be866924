package smarthost

import (
	"errors"
	"fmt"
	"net"
)

// Errors of Open, beside those of the connection and ErrProtocol.
var (
	// ErrNoTLS is returned by a server that does not offer STARTTLS. No login was sent.
	ErrNoTLS = errors.New("the server does not offer STARTTLS; no password was sent")
	// ErrLogin is returned if the server refused the login with 5xx. The *Refusal in it has the
	// reply.
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
