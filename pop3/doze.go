package pop3

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// dozeAfter is how long a session waits for its client with all that it takes to go on at once. Mail programs that are
// busy answer sooner; those that leave their session open are silent for minutes.
const dozeAfter = 200 * time.Millisecond

// errDozes: nothing came for a while, or nothing was taken. The session goes on when the client moves.
var errDozes = errors.New("pop3: the session dozes")

// start has a session served, and calls over with why it ended. The goroutine that serves it ends while the session dozes:
// its stack has grown by its work to 8 KiB and more, and the runtime takes nothing of that back from one that waits.
func (s *Server) start(ctx context.Context, conn net.Conn, implicitTLS bool, over func(error)) {
	go func() {
		sess := newSession(s, conn)
		stop := context.AfterFunc(ctx, func() {
			conn.SetReadDeadline(longAgo)
			s.dormitory.rouse(sess)
		})
		goesOn := func(err error) {
			for err == errDozes {
				if s.dormitory.take(ctx, sess) {
					return
				}
				err = sess.goOn(ctx)
			}
			stop()
			s.dormitory.settle()
			over(err)
		}
		sess.goesOn = func() { goesOn(sess.goOn(ctx)) }
		goesOn(sess.begin(ctx, implicitTLS))
	}()
}

// full reports whether a session that dozes waits for room in its socket; else it waits for a command.
func (s *session) full() bool { return s.sending != nil || s.left != nil }

// wakes returns by when a session that dozes goes on in any case: its time is over then.
func (s *session) wakes() time.Time {
	if s.full() {
		return s.pace.by
	}
	return s.until
}

// readCommand returns the client's next command, without its CRLF, or errDozes.
func (s *session) readCommand(ctx context.Context) ([]byte, error) {
	if s.dozes == 0 || s.in.LineWaits() {
		return s.readLine(ctx, maxCommand)
	}
	if err := s.rest(s.drain); err != nil {
		return nil, err
	}
	if s.until.IsZero() { // else it has dozed: the wait is the same
		s.until = s.deadline()
	}
	s.conn.SetReadDeadline(earlier(s.until, time.Now().Add(s.dozes)))
	if ctx.Err() != nil { // see nextLine
		return nil, errStopping
	}
	line, err := s.in.ReadLine(maxCommand)
	if errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(s.until) {
		if s.in.Buffered() == 0 && ctx.Err() == nil {
			s.in.Release()
			return nil, errDozes
		}
		s.conn.SetReadDeadline(s.until)
		line, err = s.nextLine(ctx, maxCommand)
	} else {
		line, err = s.heard(ctx, line, err)
	}
	s.until = time.Time{}
	return line, err
}
