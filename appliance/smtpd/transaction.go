package smtpd

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"
)

// A transaction is the current message of a session (RFC 5321 §3.3): begun by MAIL, ended by the
// verdict on its content, or by RSET, EHLO, or the session's end.
type transaction struct {
	envelope Envelope
	utf8     bool   // SMTPUTF8
	envID    string // ENVID=

	// accepted counts the forward-paths, one for each 250; the first is kept. mailboxes is where
	// they lead, each once, with the path that led there first. So a recipient costs memory only if
	// it is another mailbox.
	accepted  int
	first     Path
	mailboxes []Recipient

	// receipts are for the recipients whose delivery the sender wants to be reported, to answer.
	receipts []receipt
	answer   []string // mailboxes of the reverse-path

	// outgoing is the permission for recipients of other servers, of which there are outside; nil:
	// none was asked for.
	outgoing *Outgoing
	outside  int

	content *content // nil before DATA or BDAT
	began   time.Time
}

// forget ends the current transaction, if there is one.
func (c *session) forget() {
	if c.tx != nil && c.tx.content != nil {
		c.tx.content.close()
	}
	c.tx = nil
	if c.phase != fresh {
		c.phase = greeted
	}
}

// mail begins a transaction.
func (c *session) mail(ctx context.Context, argument []byte) error {
	text, ok := cutPrefixFold(argument, "FROM:")
	if !ok {
		return errArgument
	}
	from, rest, ok := parsePath(text)
	if !ok {
		return errSender
	}
	p, err := parseMailParameters(rest, c.canReport())
	switch {
	case err == errTooLarge:
		return tooLarge(c.max)
	case err != nil:
		return err
	case c.server.RequireAuth && c.user == "":
		return c.loginFirst()
	case c.user != "" && c.server.LoginHolds != nil && !c.server.LoginHolds(c.conn.NetConn()):
		return errRevoked
	case !p.utf8 && !from.isASCII():
		return errNotASCII
	case p.size > c.max:
		return tooLarge(c.max)
	case !c.mayBe(from):
		return errNotOwn
	}
	tx := &transaction{
		envelope: Envelope{
			From: from, Size: p.size, Helo: c.hello, User: c.user, Remote: c.remote,
			Protocol: c.protocol(p.utf8), Received: c.now(),
			Clear: c.clear, Return: p.ret, EnvelopeID: p.envID,
			Conn: c.conn.NetConn(), Interrupt: c.conn.Interrupt,
		},
		utf8:  p.utf8,
		envID: p.envID,
		began: time.Now(),
	}
	if err := c.server.Spooler.Room(ctx, &tx.envelope); err != nil {
		return c.refuse("checking for room failed", err)
	}
	c.tx = tx
	c.phase = mailing
	c.say(saySender)
	return nil
}

// mayBe reports whether the client may send from an address: a user that is logged in may be
// limited to its own addresses, and to the null reverse-path, from which receipts are sent.
func (c *session) mayBe(from Path) bool {
	return c.user == "" || from.Null() || c.server.Owns == nil || c.server.Owns(c.user, from)
}

// rcpt adds a recipient: one of ours, or with the leave of the Relay one of another server.
func (c *session) rcpt(ctx context.Context, argument []byte) error {
	text, ok := cutPrefixFold(argument, "TO:")
	if !ok {
		return errArgument
	}
	to, rest, ok := parsePath(text)
	if !ok || to.Null() || len(to.Local) > maxLocal {
		return errRecipient
	}
	p, err := parseRcptParameters(rest, c.canReport(), c.tx.utf8)
	switch {
	case err != nil:
		return err
	case !c.tx.utf8 && !to.isASCII():
		return errNotASCII
	case c.tx.accepted >= c.limits.Recipients, p.success && len(c.tx.receipts) >= maxReceipts:
		return errMany
	}
	mailboxes, err := c.mailboxes(ctx, c.atName(to))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrForeign):
		return c.relay(ctx, to, p)
	case err != nil:
		return c.refuse("routing a recipient failed", err)
	}
	for _, m := range mailboxes {
		c.tx.add(m, to, c.server.Hostname)
	}
	c.accept(to, c.promise(ctx, to, p))
	return nil
}

// accept counts a recipient and answers RCPT.
func (c *session) accept(to Path, answer reply) {
	if c.tx.accepted++; c.tx.accepted == 1 {
		c.tx.first = to
	}
	c.commands-- // limited by Limits.Recipients
	c.phase = addressed
	c.say(answer)
}

// mailboxes returns where mail for a recipient goes. A client that is not logged in waits first if
// it has named many unknown recipients.
func (c *session) mailboxes(ctx context.Context, to Path) ([]string, error) {
	limit := c.server.Recipients
	if c.user != "" {
		limit = nil
	}
	if limit != nil {
		if err := limit.Await(ctx, c.conn.NetConn()); err != nil {
			return nil, err
		}
	}
	mailboxes, err := c.server.Router.Mailboxes(ctx, to, &c.tx.envelope)
	if err == nil && len(mailboxes) == 0 {
		err = ErrUnknown
	}
	if limit != nil && !errors.Is(err, ErrUnknown) {
		limit.Found(c.conn.NetConn())
	}
	return mailboxes, err
}

// atName returns to with the host name of this server as its domain, if its domain is the address
// that the client is connected to (RFC 5321 §4.1.3).
func (c *session) atName(to Path) Path {
	if a, ok := to.address(); ok && a == c.local {
		to.Domain = c.server.Hostname
	}
	return to
}

// add adds a mailbox, unless it is already a recipient.
func (t *transaction) add(mailbox string, to Path, hostname string) {
	if slices.ContainsFunc(t.mailboxes, func(r Recipient) bool { return r.Mailbox == mailbox }) {
		return
	}
	head := traceHead(t.envelope.From.at(hostname), to.at(hostname))
	t.mailboxes = append(t.mailboxes, Recipient{Mailbox: mailbox, Head: head})
}

// now returns the time that a message shows.
func (c *session) now() time.Time {
	if c.server.Now != nil {
		return c.server.Now()
	}
	return time.Now()
}

// verdict sends the final reply to a message once, in LMTP once for each accepted recipient (RFC
// 2033 §4.2), and ends its transaction.
func (c *session) verdict(r reply) {
	times := 1
	if c.server.LMTP {
		times = c.tx.accepted
	}
	for range times {
		c.say(r)
	}
	c.forget()
}

// deliver makes the content durable, and returns the reply.
func (c *session) deliver(ctx context.Context) reply {
	t := c.tx
	// A commit in progress when the server shuts down is finished.
	if err := t.content.commit(context.WithoutCancel(ctx)); err != nil {
		return reply(c.notKept(err))
	}
	c.commands, c.mistakes = 0, 0
	c.octets += t.content.octets()
	c.delivered = true
	c.log.Info("delivery committed", c.messageFields(t, t.content.oddities()...)...)
	c.sendReceipts(ctx)
	return sayKept
}

// octets returns the size of the message: what arrived, or before that what was declared.
func (t *transaction) octets() int64 {
	if t.content == nil {
		return t.envelope.Size
	}
	return t.content.octets()
}

// refuse returns the reply for err, the error of a Router or Spooler. What the reply does not say
// is logged.
func (c *session) refuse(failed string, err error) error {
	no, known := refuse(err)
	if !known {
		c.log.Error(failed, c.fields(zap.Error(err))...)
	}
	return no
}

// cutPrefixFold is bytes.CutPrefix that ignores the case of ASCII letters.
func cutPrefixFold(text []byte, prefix string) ([]byte, bool) {
	if len(text) < len(prefix) || !bytes.EqualFold(text[:len(prefix)], []byte(prefix)) {
		return nil, false
	}
	return text[len(prefix):], true
}
