package smtpd

import (
	"context"
	"strconv"

	"pillarbox/pop3/sasl"
)

// greet says who is here. It holds no "<…@…>", which some clients take for an offer of APOP.
func (c *session) greet() {
	dialect := " ESMTP pillarbox"
	if c.server.LMTP {
		dialect = " LMTP pillarbox"
	}
	c.say(reply{220, "", c.server.Hostname + dialect})
}

// helo is the old way to say hello: nothing is offered.
func (c *session) helo(_ context.Context, name []byte) error {
	c.meet(name, false)
	c.say(reply{250, "", c.server.Hostname})
	return nil
}

// ehlo says hello and is told what is offered here and now. LHLO is the same.
func (c *session) ehlo(_ context.Context, name []byte) error {
	c.meet(name, true)
	c.out = append(append(append(c.out, "250-"...), c.server.Hostname...), '\r', '\n')
	for _, k := range capabilities {
		if k.offered == nil || k.offered(c) {
			c.out = append(append(c.out, "250-"...), k.name...)
			if k.value != nil {
				c.out = k.value(c, c.out)
			}
			c.out = append(c.out, '\r', '\n')
		}
	}
	c.say(reply{250, "", "HELP"})
	return nil
}

// meet begins anew, as RSET does too (RFC 5321 §4.1.4).
func (c *session) meet(name []byte, extended bool) {
	c.forget()
	c.hello, c.extended, c.phase = string(name[:min(len(name), maxDomain)]), extended, greeted
}

// A capability is a line of the reply to EHLO.
type capability struct {
	name    string
	offered func(*session) bool                 // nil: always
	value   func(c *session, dst []byte) []byte // nil: none
}

// capabilities is what is announced, HELP after it.
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
	{"AUTH", (*session).canBind, (*session).unboundValue}, // once more: see [sasl.Unbound]
}

func (c *session) sizeValue(dst []byte) []byte {
	return strconv.AppendInt(append(dst, ' '), c.max, 10)
}

// authValue names the mechanisms that can be used now.
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

// canReport reports whether a sender can be told of a delivery. Who speaks LMTP is told of it by the verdicts, and is
// itself the one that reports: it can reach senders that this box cannot (RFC 3461 §5.2.2).
func (c *session) canReport() bool { return !c.server.LMTP }

// canUpgrade reports whether STARTTLS is possible.
func (c *session) canUpgrade() bool { return c.server.TLS != nil && !c.isTLS }

// canLogIn reports whether a password may be given now.
func (c *session) canLogIn() bool {
	return c.server.Auth != nil && (c.isTLS || c.mayBePlain())
}

// mayBePlain reports whether the client may give its password without TLS.
func (c *session) mayBePlain() bool {
	return c.server.PlaintextAuth != nil && c.server.PlaintextAuth(c.remote)
}

// protocol returns the word for the way a mail came (RFC 3848; RFC 6531 §4.3 when it uses SMTPUTF8).
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
