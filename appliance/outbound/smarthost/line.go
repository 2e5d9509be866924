package smarthost

import (
	"fmt"
	"net"
	"time"

	"pillarbox/pop3/wire"
)

// Timeouts of a session. A zero field is its default.
type Timeouts struct {
	Greeting time.Duration // for a TLS handshake and the greeting; default 1 min
	Command  time.Duration // for the reply to a command; default 5 min (RFC 5321 section 4.5.3.2)
	Block    time.Duration // to send 32 KiB of a message; default 3 min
	Final    time.Duration // for the reply to the final dot; default 10 min
}

func (t Timeouts) orDefaults() Timeouts {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&t.Greeting, time.Minute}, {&t.Command, 5 * time.Minute}, {&t.Block, 3 * time.Minute}, {&t.Final, 10 * time.Minute}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return t
}

// A line is the connection, read in replies and written in whole commands.
type line struct {
	conn net.Conn
	in   *wire.Reader
	out  []byte
}

func newLine(conn net.Conn) *line {
	return &line{conn: conn, in: wire.NewReader(conn, wire.BufferSize)}
}

// replace goes on over another connection. It is an error if octets of the old one wait.
func (l *line) replace(conn net.Conn) error {
	if n := l.in.Buffered(); n > 0 {
		return fmt.Errorf("%w: %d octets follow the reply to STARTTLS", ErrProtocol, n)
	}
	l.conn = conn
	l.in.Reset(conn)
	return nil
}

// gather adds a command to what flush sends.
func (l *line) gather(command string) { l.out = append(append(l.out, command...), '\r', '\n') }

// flush sends what was gathered.
func (l *line) flush(within time.Duration) error {
	if err := l.conn.SetDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	_, err := l.conn.Write(l.out)
	l.out = l.out[:0]
	return err
}

// reply reads one reply.
func (l *line) reply(within time.Duration) (Reply, error) {
	if err := l.conn.SetDeadline(time.Now().Add(within)); err != nil {
		return Reply{}, err
	}
	var c collector
	for {
		text, err := l.in.ReadLine(maxReplyLine)
		switch err {
		case nil:
		case wire.ErrBareLF, wire.ErrLongLine, wire.ErrNUL:
			return Reply{}, fmt.Errorf("%w: %w", ErrProtocol, err)
		default:
			return Reply{}, err
		}
		done, err := c.add(text)
		if err != nil {
			return Reply{}, err
		}
		if done {
			return c.reply, nil
		}
	}
}

// ask sends one command and reads its reply.
func (l *line) ask(command string, within time.Duration) (Reply, error) {
	l.gather(command)
	if err := l.flush(within); err != nil {
		return Reply{}, err
	}
	return l.reply(within)
}

// close ends the connection and gives the buffer back.
func (l *line) close() {
	l.conn.Close()
	l.in.Reset(nil)
	l.in.Release()
}
