package pop3

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"pillarbox/pop3/conn"
	"pillarbox/pop3/wire"
)

// A session goes through the states of RFC 1939 §3. It is used by one goroutine at a time, and by
// none while its connection is parked.
type session struct {
	conn   conn.Conn
	server *Server
	remote netip.Addr
	began  time.Time
	log    *zap.Logger
	id     [4]byte // identifies the session in the log

	state     state
	tls       bool
	utf8      bool  // the client said UTF8 (RFC 6856)
	locked    bool  // user is held in server.Exclusive
	afterBare bool  // the last command was bareUTF8: its line end may arrive late
	bad       int32 // invalid commands
	failed    int32 // failed logins

	name     string // the argument of USER, in the state named
	user     string // "" before the login
	maildrop openMaildrop

	// for the log
	tried     string // the user of the last login, as the client wrote it
	mechanism string // of that login
}

func newSession(s *Server, raw net.Conn) *session {
	limits := s.Limits.orDefaults()
	sess := &session{server: s, remote: remoteAddr(raw), began: time.Now(), state: authorization}
	sess.conn.Init(&s.conns, raw, limits.Idle)
	sess.conn.SetLimit(sess.began.Add(limits.Login))
	sess.log = s.Log
	if sess.log == nil {
		sess.log = zap.NewNop()
	}
	rand.Read(sess.id[:]) // never fails (crypto/rand)
	return sess
}

// remoteAddr returns the client's address, or the zero Addr.
func remoteAddr(raw net.Conn) netip.Addr {
	if a, ok := raw.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

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

// What ends a session, beside reply errors and those of its connection.
var (
	errLeft    = errors.New("pop3: the client left without QUIT")
	errPartial = errors.New("pop3: the client left inside a line")
	errNoLogin = errors.New("pop3: the time to log in is over")
	errTooMany = errors.New("pop3: too many bad commands or logins")
)

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
	if c == nil {
		return unchanged, err
	}
	if err == nil {
		err = s.noteMessage(c.does(s, ctx, a))
	}
	s.noteCommand(c, err)
	return c.then, err
}

// ofLine returns the reply error for an invalid line, or the reason for which none has arrived.
func ofLine(err error) error {
	switch {
	case errors.Is(err, wire.ErrLongLine):
		return replyLong
	case errors.Is(err, wire.ErrNUL):
		return replyNUL
	case errors.Is(err, wire.ErrBareLF):
		return replyBareLF
	case errors.Is(err, io.EOF):
		return errLeft
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errPartial
	}
	return err
}

// replyTo gathers the reply for a reply error, and counts it. It returns any other error, and a
// reply error that ends the session.
func (s *session) replyTo(err error) error {
	r, ok := err.(*replyError)
	if !ok {
		return err
	}
	b := append(s.conn.Room(conn.LineSize), "-ERR "...)
	if r.code != "" {
		b = append(append(append(b, '['), r.code...), "] "...)
	}
	s.conn.Keep(append(append(b, r.text...), '\r', '\n'))
	switch r.then {
	case closes:
		return r
	case countsBad:
		s.bad++
	case countsLogin:
		s.failed++
	}
	if s.exhausted() {
		return errTooMany
	}
	return s.conn.Err()
}

// exhausted reports whether the client has made more mistakes than the limits allow.
func (s *session) exhausted() bool {
	limits := s.server.Limits.orDefaults()
	bad := limits.BadCommands
	if s.user == "" {
		bad = min(bad, limits.BadBeforeLogin)
	}
	return int(s.bad) >= bad || int(s.failed) >= limits.Failures
}

// leave ends what the login began. Nothing is deleted by it. It does nothing if there was no login,
// or if it was called before.
func (s *session) leave() {
	if s.maildrop.mail == nil {
		return
	}
	if err := s.maildrop.mail.Close(); err != nil {
		s.logger().Error("closing the maildrop failed", zap.Error(err))
	}
	s.maildrop.mail = nil
	if s.locked {
		s.server.Exclusive.unlock(s.server.account(s.user))
		s.locked = false
	}
}
