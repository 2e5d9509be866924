package pop3

import (
	"context"
	"net"
	"time"

	"pillarbox/pop3/conn"
)

// begin serves the session from its handshake and greeting on.
func (s *session) begin(ctx context.Context, implicitTLS bool) error {
	if implicitTLS {
		if err := s.startTLS(ctx); err != nil {
			return s.end(err)
		}
	}
	s.conn.Say("+OK " + s.server.Hostname + " POP3 server ready")
	return s.resume(ctx)
}

// resume serves the session from where it is, to its end or until it returns conn.ErrWouldBlock.
func (s *session) resume(ctx context.Context) error {
	err := s.serve(ctx)
	if err == conn.ErrWouldBlock {
		return err
	}
	return s.end(err)
}

// end logs how the session has ended, and closes the connection.
func (s *session) end(err error) error {
	if err == conn.ErrLimit {
		err = errNoLogin
	}
	s.report(err)
	s.conn.Close(err != nil)
	return err
}

// serve executes commands until one leads to the state update, which QUIT enters when all its work
// is done.
func (s *session) serve(ctx context.Context) error {
	for s.state != update {
		if err := s.step(ctx); err == conn.ErrWouldBlock {
			return err
		} else if err != nil {
			s.leave() // before the flush: a client that does not read holds no maildrop
			s.conn.Flush()
			return err
		}
	}
	return s.conn.TryFlush()
}

// step executes one command and changes the state. An error ends the session.
func (s *session) step(ctx context.Context) error {
	then, err := s.execute(ctx)
	if err == conn.ErrWouldBlock {
		return err
	}
	if s.state == named { // it lasts for one line
		s.state = authorization
	}
	if err != nil {
		return s.replyTo(err)
	}
	if then != unchanged {
		s.state = then
	}
	return s.conn.Err()
}

// execute reads and executes one command, and returns the state that follows it. If a message is
// being sent, it continues with that.
func (s *session) execute(ctx context.Context) (then state, err error) {
	if s.maildrop.sending != nil {
		return unchanged, s.noteMessage(s.maildrop.transmit(*s.maildrop.sending))
	}
	line, err := s.readCommand(ctx)
	if err != nil {
		return unchanged, ofLine(err)
	}
	c, a, err := s.parse(line)
	if s.maildrop.mail != nil {
		s.maildrop.restBefore(c.name())
	}
	if c == nil {
		return unchanged, err
	}
	if err == nil {
		err = s.noteMessage(c.does(s, ctx, a))
	}
	s.noteCommand(c, err)
	return c.then, err
}

// ServeConn serves one session to its end and closes raw. With implicitTLS the client begins with a
// TLS handshake, otherwise the server with the greeting. raw is the accepted connection in either
// case: the kernel sends files only to a *net.TCPConn that is not wrapped.
//
// When ctx ends, a session that waits for its client ends at once and deletes nothing. A reply or
// an UPDATE in progress is completed first. Closing both directions of raw, by CloseRead and
// CloseWrite if it is TCP, ends those as well. A parked session does not notice Close before its
// time is over.
//
// It returns nil after a QUIT that was answered, otherwise why the session has ended, which is
// logged already.
func (s *Server) ServeConn(ctx context.Context, raw net.Conn, implicitTLS bool) error {
	over := make(chan error, 1)
	s.start(ctx, raw, implicitTLS, func(err error) { over <- err })
	return <-over
}

// Serve is ServeConn that returns at once. It calls over when the session has ended, from any
// goroutine. A session that waits for its client has no goroutine then.
func (s *Server) Serve(ctx context.Context, raw net.Conn, implicitTLS bool, over func()) {
	s.start(ctx, raw, implicitTLS, func(error) { over() })
}

// start serves a session in a goroutine of its own, and calls over with the error of ServeConn.
func (s *Server) start(ctx context.Context, raw net.Conn, implicitTLS bool, over func(error)) {
	go func() {
		sess := newSession(s, raw)
		begin := func(ctx context.Context) error { return sess.begin(ctx, implicitTLS) }
		sess.conn.Run(ctx, begin, sess.resume, over)
	}()
}

// bareUTF8 is the only command that is accepted without a line end. Evolution up to 3.48.0, which
// is in Debian 12 and Ubuntu 22.04, sends these four octets if CAPA lists UTF8, and waits for the
// reply: without this rule it cannot log in.
//
// They are a command only at the beginning of a line, before the login, and if nothing follows
// them for utf8Silence. If another octet follows, the line is read like every other one. No other
// spelling and no other command is accepted so. Nothing depends on the command but the form of
// headers.
const bareUTF8 = "UTF8"

// utf8Silence is how long the client has to be silent after a bare UTF8. A line end that a client
// sends in a write of its own, or that was lost once in the network, arrives sooner. If it arrives
// later, it is dropped, so that the replies stay in step.
const utf8Silence = 500 * time.Millisecond

// readCommand returns the client's next command, without its CRLF, or conn.ErrWouldBlock.
func (s *session) readCommand(ctx context.Context) ([]byte, error) {
	bare := ""
	if s.user == "" {
		bare = bareUTF8
	}
	if s.maildrop.mail != nil {
		s.maildrop.restUnlessMore()
	}
	line, err := s.conn.TryReadLine(ctx, maxCommand, bare)
	if err == conn.ErrWouldBlock {
		return nil, err
	}
	late := s.afterBare && err == nil && len(line) == 0
	s.afterBare = false
	if err == conn.ErrBare {
		line, s.afterBare, err = s.conn.ReadRest(ctx, maxCommand, utf8Silence)
	}
	if late { // the line end of the command before
		return s.readCommand(ctx)
	}
	return line, err
}
