package smtpd

import (
	"encoding/hex"
	"net/netip"

	"go.uber.org/zap"
)

// A client is what a session knows of its client, but for the connection.
type client struct {
	log    *zap.Logger
	id     [4]byte    // names the session in the log
	remote netip.Addr // the zero Addr for a local socket
	local  netip.Addr // the address that the client is connected to; likewise
	lmtp   bool       // Server.LMTP
	tls    bool

	// What the client sent. STARTTLS discards it.
	hello    string
	extended bool // EHLO or LHLO
	user     string
	clear    bool // its password crossed a network without TLS
}

// secure notes that the connection is under TLS now.
func (c *client) secure() {
	c.tls = true
	c.hello, c.extended, c.user, c.clear = "", false, "", false
}

// reports reports whether a delivery report can be promised to the sender. An LMTP client learns
// the outcome from the verdicts and sends the reports itself: it can reach senders that this server
// cannot (RFC 3461 §5.2.2).
func (c *client) reports() bool { return !c.lmtp }

// protocol returns the "with" word for the current message (RFC 3848; RFC 6531 §4.3 if it uses
// SMTPUTF8).
func (c *client) protocol(utf8 bool) string {
	word := "SMTP"
	switch {
	case c.lmtp && utf8:
		word = "UTF8LMTP"
	case c.lmtp:
		word = "LMTP"
	case utf8:
		word = "UTF8SMTP"
	case c.extended, c.tls, c.user != "":
		word = "ESMTP"
	}
	if c.tls {
		word += "S"
	}
	if c.user != "" {
		word += "A"
	}
	return word
}

// fields returns the fields that every line of the log begins with, and more. They are made for
// each line: a logger that kept them would cost a waiting session more than everything else. utf8
// reports whether the current message uses SMTPUTF8.
func (c *client) fields(utf8 bool, more ...zap.Field) []zap.Field {
	remote := "local"
	if c.remote.IsValid() {
		remote = c.remote.String()
	}
	return append([]zap.Field{
		zap.String("session", hex.EncodeToString(c.id[:])),
		zap.String("remote", remote),
		zap.String("proto", c.protocol(utf8)),
	}, more...)
}

// refuse returns the reply for err, the error of a Router, Relay or Spooler. What the reply does
// not say is logged.
func (c *client) refuse(utf8 bool, failed string, err error) error {
	no, known := refuse(err)
	if !known {
		c.log.Error(failed, c.fields(utf8, zap.Error(err))...)
	}
	return no
}

// userField returns the user that is logged in, or no field.
func userField(user string) zap.Field {
	if user == "" {
		return zap.Skip()
	}
	return zap.String("user", user)
}
