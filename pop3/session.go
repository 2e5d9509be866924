package pop3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	began  time.Time
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
	sess := &session{server: s, began: time.Now(), state: authorization}
	sess.conn.Init(&s.conns, raw, limits.Idle)
	sess.conn.SetLimit(sess.began.Add(limits.Login))
	rand.Read(sess.id[:]) // never fails (crypto/rand)
	return sess
}

// remote returns the client's address, or the zero Addr.
func (s *session) remote() netip.Addr {
	if a, ok := s.conn.NetConn().RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// What ends a session, beside reply errors and those of its connection.
var (
	errLeft    = errors.New("pop3: the client left without QUIT")
	errPartial = errors.New("pop3: the client left inside a line")
	errNoLogin = errors.New("pop3: the time to log in is over")
	errTooMany = errors.New("pop3: too many bad commands or logins")
)

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

// logger returns a logger with the fields of the session. It is made when there is something to
// log, so that an idle session has none.
func (s *session) logger() *zap.Logger {
	proto := "pop3"
	if s.tls {
		proto = "pop3+tls"
	}
	user := s.user
	if user == "" {
		user = s.tried
	}
	log := s.server.Log
	if log == nil {
		log = zap.NewNop()
	}
	return log.With(zap.String("session", hex.EncodeToString(s.id[:])), zap.Stringer("remote", s.remote()),
		zap.String("proto", proto), unlessEmpty("user", user))
}

// debugs reports whether lines of the level debug are logged.
func (s *session) debugs() bool {
	return s.server.Log != nil && s.server.Log.Core().Enabled(zap.DebugLevel)
}

// unlessEmpty returns a field, or none without a value.
func unlessEmpty(key, value string) zap.Field {
	if value == "" {
		return zap.Skip()
	}
	return zap.String(key, value)
}

// bye ends a session before its login: there is nothing to update (RFC 1939 §4).
func (s *session) bye(context.Context, argument) error {
	s.conn.Say("+OK bye")
	return nil
}

// quit is the state UPDATE (RFC 1939 §6). Before +OK is gathered, the marked messages are durably
// deleted and the maildrop is closed: a client that connects again at once finds it unlocked.
//
// It runs to its end also if the client has closed the connection or the server stops: QUIT was
// received, and a mail client closes the connection 3 s after it.
func (s *session) quit(ctx context.Context, _ argument) error {
	if marks := &s.maildrop.marks; marks.marked > 0 {
		if err := s.maildrop.mail.Expunge(context.WithoutCancel(ctx), marks.all()); err != nil {
			s.logger().Error("expunge failed", zap.Int("marked", int(marks.marked)), zap.Error(err))
			return replyExpunge
		}
		s.maildrop.deleted = marks.marked
	}
	s.leave()
	s.conn.Say("+OK bye")
	return nil
}
