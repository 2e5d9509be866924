package smtpd

import (
	"bytes"
	"errors"
	"time"

	"go.uber.org/zap"
)

// The log events of a session; those of a message are in store.go, those of a login in auth.go.
// Every value that a client has sent is a field, so that the encoder bounds and quotes it. No event
// contains a password or a part of a message.

// noteCommand logs a command: at the level debug with the code of its reply, and if it is refused
// and belongs to a message, as an event of its own.
func (s *session) noteCommand(verb string, argument []byte, err error) {
	no, refused := asRefusal(err)
	code := s.code
	if refused {
		code = no.code // this reply is sent later
	}
	if line := s.client.log.Check(zap.DebugLevel, "command"); line != nil {
		failure := err
		if refused || err == errBye {
			failure = nil
		}
		line.Write(s.fields(zap.String("verb", verb), zap.Int("code", code), zap.Error(failure))...)
	}
	if !refused || isLogged(err) {
		return
	}
	switch verb {
	case "MAIL":
		s.noteRefusal("sender refused", no, addressField("from", argument, "FROM:"))
	case "RCPT":
		s.noteRefusal("recipient refused", no, s.fromField(), addressField("to", argument, "TO:"))
	case "DATA", "BDAT":
		s.noteRefusal("message refused", no, s.fromField())
	}
}

// asRefusal returns err as a refusal, if it is one. It does not allocate if err is nil.
func asRefusal(err error) (_ refusal, ok bool) {
	if err == nil {
		return refusal{}, false
	}
	var no refusal
	ok = errors.As(err, &no)
	return no, ok
}

// noteRefusal logs a refusal, with the code and the reason as the client receives them.
func (s *session) noteRefusal(event string, no refusal, of ...zap.Field) {
	s.client.log.Info(event, s.fields(append(of, no.fields()...)...)...)
}

// addressField returns the argument of MAIL or RCPT as the client has sent it, without the
// parameters if it can be parsed.
func addressField(key string, argument []byte, prefix string) zap.Field {
	text, ok := cutPrefixFold(argument, prefix)
	if !ok {
		return zap.String(key, string(argument))
	}
	if path, _, ok := parsePath(text); ok {
		return zap.String(key, pathText(path))
	}
	return zap.String(key, string(bytes.TrimSpace(text)))
}

// fromField returns the sender of the current message, or no field.
func (s *session) fromField() zap.Field {
	if s.tx == nil {
		return zap.Skip()
	}
	return zap.String("from", pathText(s.tx.envelope.From))
}

// record logs the session's one line. If a session ended in its TLS handshake, Server.Handshake has
// logged it; then this line has the level debug.
func (s *session) record(err error) {
	event, level := "session ended", zap.InfoLevel
	if s.client.user == "" && !s.delivered { // a log may bound these lines more tightly
		event = "session ended without delivery"
	}
	if s.server.Handshake != nil && s.handshakeFailed {
		level = zap.DebugLevel
	}
	s.client.log.Log(level, event, s.fields(
		userField(s.client.user),
		zap.Int64("octets", s.octets),
		zap.Int("code", s.code),
		zap.Duration("took", time.Since(s.began)),
		zap.Error(err),
	)...)
}
