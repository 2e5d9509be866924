package smtpd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/names"
	"pillarbox/appliance/smtpd/conn"
	"pillarbox/pop3/wire"
)

// maxCommand is the longest command line in octets, CRLF counted: four times what RFC 5321
// §4.5.3.1.4 requires, for the parameters that extensions add.
const maxCommand = 2048

// A session is the state of one connection. Its transaction is the current message, if there is
// one. The goroutine that serves the session owns all of it.
type session struct {
	// Set at the start.
	server *Server
	limits Limits
	max    int64 // Server.MaxMessage
	log    *zap.Logger
	id     [4]byte // names the session in the log
	began  time.Time
	remote netip.Addr // the zero Addr for a local socket
	local  netip.Addr // the address that the client is connected to; likewise

	conn  conn.Conn
	isTLS bool

	// What the client sent. STARTTLS discards it.
	hello    string
	extended bool // EHLO or LHLO
	user     string
	clear    bool // its password crossed a network without TLS
	phase    phase
	tx       *transaction // nil outside of a mail transaction

	// Counters for the limits and for the log.
	commands, mistakes, logins int
	octets                     int64
	delivered                  bool // a mail of this session was stored
	handshakeFailed            bool // the reason why the session ended
	last                       lastReply
}

// A lastReply is what is known of the reply to the last command.
type lastReply struct {
	code  int
	noted bool // the refusal is already logged
}

// errBye ends a session normally.
var errBye = errors.New("smtpd: the session is over")

func newSession(ctx context.Context, s *Server, raw net.Conn) *session {
	c := &session{
		server: s,
		limits: s.Limits.orDefaults(),
		max:    s.MaxMessage,
		log:    s.Log,
		began:  time.Now(),
		remote: names.AddrOf(raw.RemoteAddr()),
		local:  names.AddrOf(raw.LocalAddr()),
		phase:  fresh,
	}
	if c.max == 0 {
		c.max = defaultMaxMessage
	}
	if c.log == nil {
		c.log = zap.NewNop()
	}
	rand.Read(c.id[:])
	c.conn.Init(ctx, raw, conn.Limits{Idle: c.limits.Idle, Send: c.limits.Send}, s.quickAck)
	return c
}

// serve runs the whole session. It returns nil if the session ended normally: by QUIT, because the
// client closed the connection between two messages, or because ctx ended.
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
		c.conn.End()
		err = nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	case c.conn.Interrupted() && errors.Is(err, os.ErrDeadlineExceeded):
		err = errGiveWay
		c.say(reply(errGiveWay))
	case ctx.Err() != nil && (err == ctx.Err() || errors.Is(err, os.ErrDeadlineExceeded)):
		c.say(reply(errStopping))
		err = nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.say(reply(errIdle))
	}
	return errors.Join(err, c.conn.Flush())
}

// converse reads and executes commands until the session is over, and returns the reason.
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

// next reads and executes one command.
func (c *session) next(ctx context.Context) error {
	c.conn.Release() // a waiting session holds no buffer
	if c.tx == nil || c.tx.content == nil {
		c.conn.EndContent()
	}
	text, err := c.readLine(maxCommand)
	if err != nil {
		return err
	}
	if c.commands++; c.commands > c.limits.Commands {
		return errCommands
	}
	return c.do(ctx, text)
}

// readLine reads a command line.
func (c *session) readLine(max int) ([]byte, error) {
	text, err := c.conn.ReadLine(max)
	switch err {
	case wire.ErrBareLF:
		err = errBareLF
	case wire.ErrLongLine, wire.ErrNUL:
		err = errLine
	}
	return text, err
}

// upgrade starts TLS on the connection and discards everything that was read before, including
// buffered octets (RFC 3207 §4.2).
func (c *session) upgrade(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.limits.Handshake)
	defer cancel()
	conn := tls.Server(c.conn.NetConn(), c.server.TLS)
	handshake := c.server.Handshake
	if handshake == nil {
		handshake = func(ctx context.Context, conn *tls.Conn) error { return conn.HandshakeContext(ctx) }
	}
	if err := handshake(ctx, conn); err != nil {
		c.handshakeFailed = true
		return err
	}
	c.conn.Secure(conn)
	c.isTLS = true
	c.hello, c.extended, c.user, c.clear, c.phase = "", false, "", false, fresh
	return nil
}

// say adds a reply to those that leave next.
func (c *session) say(r reply) {
	c.last.code = r.code
	c.conn.Keep(append(r.append(c.conn.Room()), '\r', '\n'))
}
