package smtpd

import (
	"bytes"
	"encoding/hex"
	"errors"
	"time"

	"go.uber.org/zap"
)

// The log events of a session. Every value that a client has sent is a field, so that the encoder
// bounds and quotes it. No event contains a password or a part of a message.

// fields returns the fields that every line of the log begins with, and more. They are made for
// each line: a logger that kept them would cost a waiting session more than everything else.
func (c *session) fields(more ...zap.Field) []zap.Field {
	remote := "local"
	if c.remote.IsValid() {
		remote = c.remote.String()
	}
	return append([]zap.Field{
		zap.String("session", hex.EncodeToString(c.id[:])),
		zap.String("remote", remote),
		zap.String("proto", c.protocol(c.tx != nil && c.tx.utf8)),
	}, more...)
}

// noteCommand logs a command: at the level debug with the code of its reply, and if it is refused
// and belongs to a message, as an event of its own.
func (c *session) noteCommand(verb string, argument []byte, err error) {
	no, refused := asRefusal(err)
	code := c.last.code
	if refused {
		code = no.code // this reply is sent later
	}
	if line := c.log.Check(zap.DebugLevel, "command"); line != nil {
		failure := err
		if refused || err == errBye {
			failure = nil
		}
		line.Write(c.fields(zap.String("verb", verb), zap.Int("code", code), zap.Error(failure))...)
	}
	if !refused || c.last.noted {
		return
	}
	switch verb {
	case "MAIL":
		c.noteRefusal("sender refused", no, addressField("from", argument, "FROM:"))
	case "RCPT":
		c.noteRefusal("recipient refused", no, c.fromField(), addressField("to", argument, "TO:"))
	case "DATA", "BDAT":
		c.noteRefusal("message refused", no, c.fromField())
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
func (c *session) noteRefusal(event string, no refusal, of ...zap.Field) {
	c.log.Info(event, c.fields(append(of, no.fields()...)...)...)
}

// fields returns the code of the reply, and the rest of the reply as the reason.
func (r refusal) fields() []zap.Field {
	return []zap.Field{zap.Int("code", r.code), zap.String("reason", string(reply(r).append(nil)[len("550 "):]))}
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

// pathText returns a path as it is in a command: in angle brackets.
func pathText(p Path) string {
	if p.Null() {
		return "<>"
	}
	return "<" + p.String() + ">"
}

// fromField returns the sender of the current message, or no field.
func (c *session) fromField() zap.Field {
	if c.tx == nil {
		return zap.Skip()
	}
	return zap.String("from", pathText(c.tx.envelope.From))
}

// userField returns the user that is logged in, or no field.
func userField(user string) zap.Field {
	if user == "" {
		return zap.Skip()
	}
	return zap.String("user", user)
}

// messageFields identifies the message that a line is about: its envelope, its size and its
// mailboxes. Of several recipients it contains the first.
func (c *session) messageFields(t *transaction, more ...zap.Field) []zap.Field {
	names := make([]string, 0, len(t.mailboxes))
	remote := zap.Skip()
	for _, r := range t.mailboxes {
		if r.Outside != nil {
			remote = zap.String("remote_account", r.Outside.Account)
		} else {
			names = append(names, r.Mailbox)
		}
	}
	recipients := zap.Skip()
	if t.accepted > 1 {
		recipients = zap.Int("recipients", t.accepted)
	}
	return c.fields(append([]zap.Field{
		userField(t.envelope.User),
		zap.String("from", pathText(t.envelope.From)),
		zap.String("to", pathText(t.first)),
		recipients,
		zap.Int64("size", t.octets()),
		zap.Strings("mailbox", names),
		remote,
		zap.Duration("took", time.Since(t.began)),
	}, more...)...)
}

// notKept logs why the message is not stored, and returns the reply.
func (c *session) notKept(err error) refusal {
	no, known := refuse(err)
	c.last.noted = true
	fields := c.messageFields(c.tx, no.fields()...)
	if known {
		c.log.Info("message refused", fields...)
	} else {
		c.log.Error("message refused", append(fields, zap.Error(err))...)
	}
	return no
}

// loginFailed logs a login that is refused, with the user as the client wrote the name.
func (c *session) loginFailed(who Credentials, no refusal) {
	mechanism := zap.Skip()
	if who.Mechanism != "" {
		mechanism = zap.String("mechanism", who.Mechanism)
	}
	c.noteRefusal("login failed", no, zap.String("user", who.User), mechanism)
}

// record logs the session's one line. If a session ended in its TLS handshake, Server.Handshake has
// logged it; then this line has the level debug.
func (c *session) record(err error) {
	event, level := "session ended", zap.InfoLevel
	if c.user == "" && !c.delivered { // a log may bound these lines more tightly
		event = "session ended without delivery"
	}
	if c.server.Handshake != nil && c.handshakeFailed {
		level = zap.DebugLevel
	}
	c.log.Log(level, event, c.fields(
		userField(c.user),
		zap.Int64("octets", c.octets),
		zap.Int("code", c.last.code),
		zap.Duration("took", time.Since(c.began)),
		zap.Error(err),
	)...)
}
