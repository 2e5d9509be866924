package pop3

import (
	"context"
	"time"

	"pillarbox/pop3/conn"
)

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
