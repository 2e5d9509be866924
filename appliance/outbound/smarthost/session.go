package smarthost

import (
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"time"
)

// Options of a session.
type Options struct {
	// Hello is what the client calls itself: a domain or an address literal. Default "[127.0.0.1]",
	// which reveals nothing to the provider or, by its Received field, to a recipient.
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

// Offers are the extensions that EHLO listed (RFC 5321 section 4.1.1.1).
type Offers struct {
	StartTLS   bool
	Pipelining bool
	Size       bool
	MaxSize    int64 // octets that the server takes; 0 if not announced
	EightBit   bool
	UTF8       bool
	DSN        bool
	Mechanisms []string // of AUTH, in capitals
}

// parseOffers reads the reply to EHLO. What it does not know it passes over.
func parseOffers(r Reply) (o Offers) {
	for i, line := range r.Lines {
		if i == 0 { // the server's name
			continue
		}
		// Old servers write "AUTH=LOGIN" beside "AUTH LOGIN".
		if word, rest, found := strings.Cut(line, "="); found && strings.EqualFold(word, "AUTH") {
			line = "AUTH " + rest
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "STARTTLS":
			o.StartTLS = true
		case "PIPELINING":
			o.Pipelining = true
		case "8BITMIME":
			o.EightBit = true
		case "SMTPUTF8":
			o.UTF8 = true
		case "DSN":
			o.DSN = true
		case "SIZE":
			o.Size = true
			if len(words) > 1 {
				o.MaxSize, _ = strconv.ParseInt(words[1], 10, 64) // 0 if it is no number
				o.MaxSize = max(o.MaxSize, 0)
			}
		case "AUTH":
			for _, word := range words[1:] {
				o.Mechanisms = append(o.Mechanisms, strings.ToUpper(word))
			}
		}
	}
	return o
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
	block    []byte      // of a message; it stays, because each message would leave one behind
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
