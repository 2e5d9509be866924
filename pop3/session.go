package pop3

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"time"

	"pillarbox/appliance/logbook"
	"pillarbox/pop3/wire"
)

// A session is one client's way through the states of RFC 1939 §3. It is used by one goroutine at
// a time, see Server.start, and by none while it dozes.
type session struct {
	dialogue

	// set at birth
	server *Server
	remote netip.Addr
	began  time.Time
	socket *net.TCPConn // what conn, or TLS, goes over; nil: it cannot doze
	log    *logbook.Logger
	goesOn func()  // goes on with it after it has dozed
	id     [4]byte // names the session in the log

	// where it is
	state  state
	tls    bool
	utf8   bool      // the client said UTF8 (RFC 6856)
	locked bool      // user is held in server.Exclusive
	until  time.Time // by when the next command has to come; zero: it is not waited for
	bed    int       // where it dozes; see dormitory, which guards it
	bad    int       // commands that made no sense
	failed int       // logins that went wrong

	// AUTHORIZATION
	name string // what USER said; it means something in the state named alone

	// TRANSACTION
	user    string // "" before the login
	mail    Maildrop
	marks   marks
	sending *transfer // the message that waits for room; nil: none

	// for the log
	tried     string // the user of the last login, as the client wrote it
	retrieved int    // messages sent whole
	octets    int64  // of those, as listed
	deleted   int    // messages expunged
}

func newSession(s *Server, conn net.Conn) *session {
	limits := s.Limits.orDefaults()
	sess := &session{server: s, remote: remoteAddr(conn), began: time.Now()}
	sess.state = authorization
	sess.loginBy = sess.began.Add(limits.Login)
	sess.idle = limits.Idle
	sess.pool = &s.buffers
	sess.sendfile = s.sendfile
	sess.conn = conn
	sess.tcp, _ = conn.(*net.TCPConn)
	if sess.socket = sess.tcp; sess.socket != nil {
		sess.dozes = orDefault(s.dozes, dozeAfter)
	}
	sess.in = wire.NewReader(conn, wire.BufferSize)
	sess.log = s.Log
	if sess.log == nil {
		sess.log = logbook.NewNop()
	}
	rand.Read(sess.id[:]) // never fails (crypto/rand)
	return sess
}

// remoteAddr returns the client's address, or the zero Addr.
func remoteAddr(conn net.Conn) netip.Addr {
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// begin is the session from its handshake and greeting on.
func (s *session) begin(ctx context.Context, implicitTLS bool) error {
	if implicitTLS {
		if err := s.startTLS(ctx); err != nil {
			return s.end(err)
		}
	}
	s.say("+OK " + s.server.Hostname + " POP3 server ready")
	return s.goOn(ctx)
}

// goOn is the session from where it is, to its end or until it dozes: errDozes.
func (s *session) goOn(ctx context.Context) error {
	err := s.serve(ctx)
	if err == errDozes {
		return err
	}
	return s.end(err)
}

// end says in the log how the session ended, and hangs up.
func (s *session) end(err error) error {
	s.report(err)
	s.hangUp()
	return err
}

// serve answers command after command until one leads to the state update, which QUIT reaches when all its
// work is done.
func (s *session) serve(ctx context.Context) error {
	for s.state != update {
		if err := s.step(ctx); err == errDozes {
			return err
		} else if err != nil {
			s.cut = true
			s.leave() // first: a client that does not read keeps nothing
			s.flush()
			return err
		}
	}
	return s.drain()
}

// step answers one line and goes where it leads. The error ends the session.
func (s *session) step(ctx context.Context) error {
	then, err := s.obey(ctx)
	if err == errDozes {
		return err
	}
	if s.state == named { // for one line only
		s.state = authorization
	}
	if err != nil {
		return s.refuse(err)
	}
	if then != same {
		s.state = then
	}
	return s.err
}

// obey reads one line, does what it says, and returns where that leads.
func (s *session) obey(ctx context.Context) (then state, err error) {
	if s.sending != nil {
		return same, s.transmit(*s.sending)
	}
	line, err := s.readCommand(ctx)
	if err != nil {
		return same, ofLine(err)
	}
	c, a, err := s.understand(line)
	if err != nil {
		return same, err
	}
	s.debug(c.verb)
	return c.then, c.does(s, ctx, a)
}

// ofLine turns what was wrong with a line into its refusal.
func ofLine(err error) error {
	switch {
	case errors.Is(err, wire.ErrLongLine):
		return refuseLong
	case errors.Is(err, wire.ErrNUL):
		return refuseNUL
	case errors.Is(err, wire.ErrBareLF):
		return refuseBareLF
	}
	return err
}

// errTooMany ends a session that has refused as much as its limits allow.
var errTooMany = errors.New("pop3: too many bad commands or logins")

// refuse says a refusal and counts it. Any other error, and a refusal too much, is returned:
// it ends the session.
func (s *session) refuse(err error) error {
	r, ok := err.(*refusal)
	if !ok {
		return err
	}
	b := append(s.room(), "-ERR "...)
	if r.code != "" {
		b = append(append(append(b, '['), r.code...), "] "...)
	}
	s.keep(append(append(b, r.text...), '\r', '\n'))
	switch r.then {
	case ends:
		return r
	case counted:
		s.bad++
	case failed:
		s.failed++
	}
	if s.exhausted() {
		return errTooMany
	}
	return s.err
}

// exhausted reports whether more was refused than the limits allow.
func (s *session) exhausted() bool {
	limits := s.server.Limits.orDefaults()
	bad := limits.BadCommands
	if s.user == "" {
		bad = min(bad, limits.BadBeforeLogin)
	}
	return s.bad >= bad || s.failed >= limits.Failures
}

// startTLS runs a handshake and goes on over TLS.
func (s *session) startTLS(ctx context.Context) error {
	if s.server.TLS == nil {
		return errors.New("pop3: TLS is not configured")
	}
	by := time.Now().Add(s.server.Limits.orDefaults().Handshake)
	if s.loginBy.Before(by) {
		by = s.loginBy
	}
	ctx, cancel := context.WithDeadline(ctx, by)
	defer cancel()
	conn := tls.Server(s.conn, s.server.TLS)
	s.conn.SetDeadline(by) // whatever an earlier wait has left
	handshake := s.server.Handshake
	if handshake == nil {
		handshake = func(ctx context.Context, conn *tls.Conn) error { return conn.HandshakeContext(ctx) }
	}
	if err := handshake(ctx, conn); err != nil {
		s.err = err
		return err
	}
	s.tls, s.utf8 = true, false
	s.secure(conn)
	return nil
}

// leave ends what a login began; without UPDATE nothing was deleted. It does nothing when
// there was no login, or when it was called.
func (s *session) leave() {
	if s.mail == nil {
		return
	}
	if err := s.mail.Close(); err != nil {
		s.logger().Error("maildrop not closed", logbook.Error(err))
	}
	s.mail = nil
	if s.locked {
		s.server.Exclusive.unlock(s.user)
		s.locked = false
	}
}

// logger returns a logger that says whose session it is. It is made when there is something
// to say: a session that is idle does not own one.
func (s *session) logger() *logbook.Logger {
	proto := "pop3"
	if s.tls {
		proto = "pop3+tls"
	}
	user := s.user
	if user == "" {
		user = s.tried
	}
	return s.log.With(logbook.String("session", hex.EncodeToString(s.id[:])), logbook.Stringer("remote", s.remote),
		logbook.String("proto", proto), logbook.String("user", user))
}

// debug logs a command by its verb alone: arguments hold names and passwords.
func (s *session) debug(verb string) {
	if s.log.Core().Enabled(logbook.DebugLevel) {
		s.logger().Debug("command", logbook.String("verb", verb))
	}
}

// report writes the session's one line. Whoever did not even try to log in and did
// nothing wrong, a port scan or a probe, is worth a Debug line only.
func (s *session) report(err error) {
	level := logbook.InfoLevel
	var r *refusal
	if s.tried == "" && !errors.As(err, &r) && !errors.Is(err, errTooMany) {
		level = logbook.DebugLevel
	}
	if !s.log.Core().Enabled(level) {
		return
	}
	s.logger().Log(level, "session ended",
		logbook.Bool("login", s.user != ""), logbook.Int("failed", s.failed),
		logbook.Int("retrieved", s.retrieved), logbook.Int64("octets", s.octets),
		logbook.Int("deleted", s.deleted), logbook.Int("left", s.marks.total-s.deleted),
		logbook.Duration("took", time.Since(s.began)), logbook.NamedError("err", err))
}
