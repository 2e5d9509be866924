package smarthost

import (
	"net"
	"time"
)

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
