package smtpd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"pillarbox/appliance/logbook"
	"pillarbox/pop3/wire"
)

// maxCommand is the longest command line in octets, CRLF counted: four times what RFC 5321
// §4.5.3.1.4 asks for, for the parameters that extensions add.
const maxCommand = 2048

// A session is what is known of one connection. The one mail that may be under way in it is
// its transaction. All of it belongs to the goroutine that serves the session.
type session struct {
	// Set at birth.
	server *Server
	limits Limits
	max    int64 // Server.MaxMessage
	log    *logbook.Logger
	id     [4]byte // names the session in the log
	began  time.Time
	remote netip.Addr // the zero Addr for a local socket
	local  netip.Addr // the address that the client is connected to; likewise

	// The connection. What is said is gathered in out, and leaves when more has to be read.
	line  *line
	in    *wire.Reader
	out   []byte
	isTLS bool

	// What the client said. STARTTLS forgets it.
	hello    string
	extended bool // EHLO or LHLO
	user     string
	phase    phase
	tx       *transaction // nil outside of a mail

	// What is counted for the limits and for the log.
	commands, mistakes, logins int
	octets                     int64
	code                       int // of the last reply
}

// errBye ends a session in peace.
var errBye = errors.New("smtpd: the session is over")

func newSession(ctx context.Context, s *Server, conn net.Conn) *session {
	c := &session{
		server: s,
		limits: s.Limits.orDefaults(),
		max:    s.MaxMessage,
		log:    s.Log,
		began:  time.Now(),
		remote: addrOf(conn.RemoteAddr()),
		local:  addrOf(conn.LocalAddr()),
		phase:  fresh,
	}
	if c.max == 0 {
		c.max = defaultMaxMessage
	}
	if c.log == nil {
		c.log = logbook.NewNop()
	}
	rand.Read(c.id[:])
	c.line = newLine(ctx, conn, c.limits.Idle, c.flush)
	c.in = wire.NewReader(c.line, wire.BufferSize)
	return c
}

// addrOf returns the address in a: the zero Addr for a local socket.
func addrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// serve does all of the session. It returns nil when the session ended in peace: by QUIT, by
// the client going away between two mails, or because ctx ended.
func (c *session) serve(ctx context.Context, implicitTLS bool) error {
	if implicitTLS {
		if err := c.upgrade(ctx); err != nil {
			return err
		}
	}
	c.greet()
	err := c.converse(ctx)
	inMail := c.tx != nil
	c.forget()
	switch {
	case err == errBye, err == io.EOF && !inMail:
		c.line.ended = true
		err = nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	case ctx.Err() != nil && (err == ctx.Err() || errors.Is(err, os.ErrDeadlineExceeded)):
		c.say(reply(errStopping))
		err = nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.say(reply(errIdle))
	}
	return errors.Join(err, c.flush())
}

// converse reads commands and does them until the session is over, and says why it is.
func (c *session) converse(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := c.next(ctx)
		if err == nil {
			continue
		}
		var no refusal
		if !errors.As(err, &no) {
			return err
		}
		c.say(reply(no))
		if no.ends() {
			return err
		}
		if no.isMistake() {
			if c.mistakes++; c.mistakes >= c.limits.Mistakes {
				c.say(reply(errMistakes))
				return errMistakes
			}
		}
	}
}

// next reads one command and does it.
func (c *session) next(ctx context.Context) error {
	c.in.Release() // a session that waits holds no buffer
	text, err := c.readLine(maxCommand)
	if err != nil {
		return err
	}
	if c.commands++; c.commands > c.limits.Commands {
		return errCommands
	}
	return c.do(ctx, text)
}

// readLine reads a line of the dialogue.
func (c *session) readLine(max int) ([]byte, error) {
	c.line.begin()
	text, err := c.in.ReadLine(max)
	switch err {
	case wire.ErrBareLF:
		err = errBareLF
	case wire.ErrLongLine, wire.ErrNUL:
		err = errLine
	}
	return text, err
}

// upgrade puts TLS on the connection and forgets all that was read and learned before, octets
// that are buffered included (RFC 3207 §4.2).
func (c *session) upgrade(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Handshake)
	defer cancel()
	conn := tls.Server(c.line.conn, c.server.TLS)
	handshake := c.server.Handshake
	if handshake == nil {
		handshake = func(ctx context.Context, conn *tls.Conn) error { return conn.HandshakeContext(ctx) }
	}
	if err := handshake(ctx, conn); err != nil {
		return err
	}
	c.line.replace(conn)
	c.in.Reset(c.line)
	c.isTLS = true
	c.hello, c.extended, c.user, c.phase = "", false, "", fresh
	return nil
}

const (
	maxGathered = 4096 // octets of replies that are gathered at most
	maxIdle     = 512  // octets of room for replies that a session keeps while it waits
)

// say adds a reply to what leaves next.
func (c *session) say(r reply) {
	c.code = r.code
	c.out = append(r.append(c.out), '\r', '\n')
	if len(c.out) > maxGathered {
		c.flush() // an error comes back at the next read
	}
}

// flush sends what was said. After an error nothing is said any more.
func (c *session) flush() error {
	if len(c.out) == 0 {
		return c.line.broken
	}
	err := c.line.send(c.out, c.limits.Send)
	if c.out = c.out[:0]; cap(c.out) > maxIdle {
		c.out = nil
	}
	return err
}

// close ends the connection.
func (c *session) close() {
	c.in.Reset(nil)
	c.in.Release()
	c.line.close()
}

// record logs the session's one line.
func (c *session) record(err error) {
	c.log.Info("session ended", c.fields(
		logbook.String("user", c.user),
		logbook.Int64("octets", c.octets),
		logbook.Int("code", c.code),
		logbook.Duration("took", time.Since(c.began)),
		errField(err),
	)...)
}

// fields returns the fields that every line of the log begins with, and more. They are made
// anew for each line: a logger that kept them would cost a session that waits more than all else.
func (c *session) fields(more ...logbook.Field) []logbook.Field {
	remote := "local"
	if c.remote.IsValid() {
		remote = c.remote.String()
	}
	return append([]logbook.Field{
		logbook.String("session", hex.EncodeToString(c.id[:])),
		logbook.String("remote", remote),
		logbook.String("proto", c.protocol(c.tx != nil && c.tx.utf8)),
	}, more...)
}

// errField is err as a field of the log, and no field when there is none.
func errField(err error) logbook.Field { return logbook.NamedError("err", err) }
