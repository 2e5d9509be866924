package smtpd

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
)

// ServeConn serves one session to its end and closes conn. If implicitTLS is set, the session
// begins with a TLS handshake. The error is why a session ended that neither side ended properly;
// it is already in the log.
//
// When ctx ends, a session that waits for its client gets 421 4.3.2 and ends at once; a reply or a
// commit in progress is finished before that. A caller that cannot wait closes conn.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn, implicitTLS bool) error {
	c := newSession(ctx, s, conn)
	defer c.conn.Close()
	err := c.serve(ctx, implicitTLS)
	c.record(err)
	return err
}

// serve runs the whole session. It returns nil if the session ended normally: by QUIT, because the
// client closed the connection between two messages, or because ctx ended.
func (s *session) serve(ctx context.Context, implicitTLS bool) error {
	if implicitTLS {
		if err := s.upgrade(ctx); err != nil {
			return err
		}
	}
	s.greet()
	err := s.converse(ctx)
	inMail := s.tx != nil
	s.forget()
	switch {
	case err == errBye, err == io.EOF && !inMail:
		s.conn.End()
		err = nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	case s.conn.Interrupted() && errors.Is(err, os.ErrDeadlineExceeded):
		err = errGiveWay
		s.say(reply(errGiveWay))
	case ctx.Err() != nil && (err == ctx.Err() || errors.Is(err, os.ErrDeadlineExceeded)):
		s.say(reply(errStopping))
		err = nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.say(reply(errIdle))
	}
	return errors.Join(err, s.conn.Flush())
}

// converse reads and executes commands until the session is over, and returns the reason.
func (s *session) converse(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := s.next(ctx)
		if err == nil {
			continue
		}
		var no refusal
		if !errors.As(err, &no) {
			return err
		}
		s.say(reply(no))
		if no.ends() {
			return err
		}
		if no.isMistake() {
			if s.mistakes++; s.mistakes >= s.limits.Mistakes {
				s.say(reply(errMistakes))
				return errMistakes
			}
		}
	}
}

// next reads and executes one command.
func (s *session) next(ctx context.Context) error {
	s.conn.Release() // a waiting session holds no buffer
	if s.tx == nil || s.tx.content == nil {
		s.conn.EndContent()
	}
	text, err := s.readLine(maxCommand)
	if err != nil {
		return err
	}
	if s.commands++; s.commands > s.limits.Commands {
		return errCommands
	}
	return s.do(ctx, text)
}
