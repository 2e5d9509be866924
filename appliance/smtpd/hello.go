package smtpd

import (
	"context"
	"strconv"

	"pillarbox/pop3/sasl"
)

// greet sends the greeting. It contains no "<…@…>", which some clients take for an offer of APOP.
func (c *session) greet() {
	dialect := " ESMTP pillarbox"
	if c.server.LMTP {
		dialect = " LMTP pillarbox"
	}
	c.say(reply{220, "", c.server.Hostname + dialect})
}

// helo runs HELO, which offers no extensions.
func (c *session) helo(_ context.Context, name []byte) error {
	c.meet(name, false)
	c.say(reply{250, "", c.server.Hostname})
	return nil
}

// ehlo runs EHLO or LHLO and lists the extensions that are available now.
func (c *session) ehlo(_ context.Context, name []byte) error {
	c.meet(name, true)
	out := append(append(append(c.conn.Room(), "250-"...), c.server.Hostname...), '\r', '\n')
	for _, k := range capabilities {
		if k.offered == nil || k.offered(c) {
			out = append(append(out, "250-"...), k.name...)
			if k.value != nil {
				out = k.value(c, out)
			}
			out = append(out, '\r', '\n')
		}
	}
	last := reply{250, "", "HELP"}
	c.last.code = last.code
	c.conn.Keep(append(last.append(out), '\r', '\n'))
	return nil
}

// meet starts the session over, as RSET does too (RFC 5321 §4.1.4).
func (c *session) meet(name []byte, extended bool) {
	c.forget()
	c.hello, c.extended, c.phase = string(name[:min(len(name), maxDomain)]), extended, greeted
}

// A capability is a line of the reply to EHLO.
type capability struct {
	name    string
	offered func(*session) bool                 // if nil, always
	value   func(c *session, dst []byte) []byte // if nil, none
}

// capabilities is the table of the announced extensions; HELP follows it.
var capabilities = [...]capability{
	{"PIPELINING", nil, nil},            // RFC 2920
	{"SIZE", nil, (*session).sizeValue}, // RFC 1870
	{"8BITMIME", nil, nil},              // RFC 6152
	{"SMTPUTF8", nil, nil},              // RFC 6531
	{"CHUNKING", nil, nil},              // RFC 3030
	{"ENHANCEDSTATUSCODES", nil, nil},   // RFC 2034
	{"DSN", (*session).canReport, nil},  // RFC 3461
	{"STARTTLS", (*session).canUpgrade, nil},
	{"AUTH", (*session).canLogIn, (*session).authValue},   // RFC 4954
	{"AUTH", (*session).canBind, (*session).unboundValue}, // a second time: see [sasl.Unbound]
}

func (c *session) sizeValue(dst []byte) []byte {
	return strconv.AppendInt(append(dst, ' '), c.max, 10)
}

// authValue lists the mechanisms that can be used now.
func (c *session) authValue(dst []byte) []byte {
	return appendNames(dst, sasl.Kinds(c.questions(nil, nil)))
}

func (c *session) unboundValue(dst []byte) []byte {
	return appendNames(dst, sasl.Unbound(c.questions(nil, nil)))
}

// canBind reports whether a login may be bound to the connection.
func (c *session) canBind() bool { return c.canLogIn() && sasl.Unbound(c.questions(nil, nil)) != nil }

func appendNames(dst []byte, kinds []sasl.Kind) []byte {
	for _, k := range kinds {
		dst = append(append(dst, ' '), k.Name...)
	}
	return dst
}

// canReport reports whether a delivery report can be promised to the sender. An LMTP client learns
// the outcome from the verdicts and sends the reports itself: it can reach senders that this server
// cannot (RFC 3461 §5.2.2).
func (c *session) canReport() bool { return !c.server.LMTP }

// canUpgrade reports whether STARTTLS is possible.
func (c *session) canUpgrade() bool { return c.server.TLS != nil && !c.isTLS }

// canLogIn reports whether the client may authenticate now.
func (c *session) canLogIn() bool {
	return c.server.Auth != nil && (c.isTLS || c.mayBePlain())
}

// mayBePlain reports whether the client may send its password without TLS.
func (c *session) mayBePlain() bool {
	return c.server.PlaintextAuth != nil && c.server.PlaintextAuth(c.remote)
}

// protocol returns the "with" word for the current message (RFC 3848; RFC 6531 §4.3 if it uses
// SMTPUTF8).
func (c *session) protocol(utf8 bool) string {
	word := "SMTP"
	switch {
	case c.server.LMTP && utf8:
		word = "UTF8LMTP"
	case c.server.LMTP:
		word = "LMTP"
	case utf8:
		word = "UTF8SMTP"
	case c.extended, c.isTLS, c.user != "":
		word = "ESMTP"
	}
	if c.isTLS {
		word += "S"
	}
	if c.user != "" {
		word += "A"
	}
	return word
}
