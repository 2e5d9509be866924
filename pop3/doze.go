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

// errDozes: nothing came for a while. The session goes on when the client moves.
var errDozes = errors.New("pop3: the session dozes")

// live has a session served by goroutines, one after the other, until it ends. The stack of each grows by its work, to 8 KiB
// and more, and the runtime takes none of that back from one that waits. This one does nothing but wait, in 2 KiB, and while
// the session dozes there is no other.
func (s *Server) live(ctx context.Context, conn net.Conn, implicitTLS bool) error {
	var sess *session
	over := make(chan error)
	go func() {
		sess = newSession(s, conn)
		over <- sess.begin(ctx, implicitTLS)
	}()
	for {
		err := <-over
		if err != errDozes {
			return err
		}
		sess.nap()
		go func() { over <- sess.goOn(ctx) }()
	}
}

// readCommand returns the client's next command, without its CRLF, or errDozes.
func (s *session) readCommand(ctx context.Context) ([]byte, error) {
	if s.socket == nil || s.in.LineWaits() {
		return s.readLine(ctx, maxCommand)
	}
	if err := s.rest(); err != nil {
		return nil, err
	}
	soon := s.until
	if s.until.IsZero() { // else it has dozed: the wait is the same, and something has come
		s.until = s.deadline()
		soon = time.Now().Add(orDefault(s.server.dozes, dozeAfter))
		if s.until.Before(soon) {
			soon = s.until
		}
	}
	s.conn.SetReadDeadline(soon)
	if ctx.Err() != nil { // see nextLine
		return nil, errStopping
	}
	line, err := s.in.ReadLine(maxCommand)
	if errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(s.until) {
		s.conn.SetReadDeadline(s.until)
		if s.in.Buffered() == 0 && ctx.Err() == nil {
			s.in.Release()
			return nil, errDozes
		}
		line, err = s.nextLine(ctx, maxCommand)
	} else {
		line, err = s.heard(ctx, line, err)
	}
	s.until = time.Time{}
	return line, err
}
