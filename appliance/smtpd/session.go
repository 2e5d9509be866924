package smtpd

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
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
	conn   conn.Conn
	client client
	server *Server
	limits Limits
	began  time.Time

	phase phase
	tx    *transaction // nil outside of a mail transaction

	// Counters for the limits and for the log.
	commands, mistakes, logins int
	octets                     int64
	delivered                  bool // a mail of this session was stored
	handshakeFailed            bool // the reason why the session ended
	code                       int  // of the last reply
}

// errBye ends a session normally.
var errBye = errors.New("smtpd: the session is over")

func newSession(ctx context.Context, server *Server, raw net.Conn) *session {
	s := &session{
		server: server,
		limits: server.Limits.orDefaults(),
		began:  time.Now(),
		phase:  fresh,
		client: client{
			log:    server.Log,
			remote: names.AddrOf(raw.RemoteAddr()),
			local:  names.AddrOf(raw.LocalAddr()),
			lmtp:   server.LMTP,
		},
	}
	if s.client.log == nil {
		s.client.log = zap.NewNop()
	}
	rand.Read(s.client.id[:])
	s.conn.Init(ctx, raw, conn.Limits{Idle: s.limits.Idle, Send: s.limits.Send}, server.quickAck)
	return s
}

// offer returns what the client may use now.
func (s *session) offer() offer { return offer{s.server, &s.client, &s.conn} }

// readLine reads a line of the client.
func (s *session) readLine(max int) ([]byte, error) {
	text, err := s.conn.ReadLine(max)
	switch err {
	case wire.ErrBareLF:
		err = errBareLF
	case wire.ErrLongLine, wire.ErrNUL:
		err = errLine
	}
	return text, err
}

// say adds a reply to those that leave next.
func (s *session) say(r reply) { s.sayAfter(s.conn.Room(), r) }

// sayAfter adds a reply whose first lines were appended to conn.Room.
func (s *session) sayAfter(lines []byte, r reply) {
	s.code = r.code
	s.conn.Keep(append(r.append(lines), '\r', '\n'))
}

// forget ends the current transaction, if there is one.
func (s *session) forget() {
	if s.tx != nil {
		s.tx.close()
	}
	s.tx = nil
	if s.phase != fresh {
		s.phase = greeted
	}
}

// fields returns the fields that every line of the log begins with, and more.
func (s *session) fields(more ...zap.Field) []zap.Field {
	if s.tx != nil {
		return s.tx.fields(more...)
	}
	return s.client.fields(false, more...)
}

// A phase is how far a session has come. Each command is accepted in a set of phases.
type phase uint8

const (
	fresh     phase = 1 << iota // before EHLO, HELO or LHLO
	greeted                     // between two messages
	mailing                     // MAIL was accepted
	addressed                   // RCPT was accepted, at least once
	chunking                    // BDAT was accepted, but not the last

	always = fresh | greeted | mailing | addressed | chunking
)

// outOfOrder returns the error that names what has to come before a command that is accepted in
// other phases.
func (p phase) outOfOrder(accepted phase) error {
	switch {
	case p == fresh:
		return errHelloFirst
	case p != greeted && accepted&greeted != 0, p == chunking:
		return errInMail
	case p == greeted:
		return errMailFirst
	}
	return errRcptFirst
}
