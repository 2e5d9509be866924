package smtpd

import (
	"bytes"
	"context"
	"slices"
	"time"

	"pillarbox/appliance/logbook"
)

// A transaction is the one mail that is under way in a session (RFC 5321 §3.3): begun by
// MAIL, ended by the verdict on its content, and forgotten by RSET, EHLO, or the session's end.
type transaction struct {
	envelope Envelope
	utf8     bool   // SMTPUTF8
	envID    string // ENVID=

	// accepted counts the forward-paths, one for each 250, of which the first is kept; mailboxes is where they
	// lead, each once, at the path that led there first. So a recipient costs memory only where it is another mailbox.
	accepted  int
	first     Path
	mailboxes []Recipient

	// receipts are for the recipients of whose delivery the sender wants to hear, at answer.
	receipts []receipt
	answer   []string // mailboxes of the reverse-path

	content *content // nil before DATA or BDAT
	began   time.Time
}

// forget ends the mail that is under way, if there is one.
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
	case err != nil:
		return err
	case c.server.RequireAuth && c.user == "":
		return c.loginFirst()
	case !p.utf8 && !from.isASCII():
		return errNotASCII
	case p.size > c.max:
		return errTooLarge
	case !c.mayBe(from):
		return errNotOwn
	}
	if err := c.server.Spooler.Room(p.size); err != nil {
		return c.refuse("ask for room", err)
	}
	c.tx = &transaction{
		envelope: Envelope{
			From: from, Size: p.size, Helo: c.hello, User: c.user, Remote: c.remote,
			Protocol: c.protocol(p.utf8), Received: c.now(),
		},
		utf8:  p.utf8,
		envID: p.envID,
		began: time.Now(),
	}
	c.phase = mailing
	c.say(saySender)
	return nil
}

// mayBe reports whether the client may write from an address: who is logged in perhaps only from its own, and from
// none at all, which is how a receipt is sent.
func (c *session) mayBe(from Path) bool {
	return c.user == "" || from.Null() || c.server.Owns == nil || c.server.Owns(c.user, from)
}

// rcpt adds a recipient. Whether the client is logged in makes no difference: nothing goes
// from here to anywhere else.
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
	mailboxes, err := c.server.Router.Mailboxes(ctx, c.atName(to), c.tx.envelope.Size)
	if err == nil && len(mailboxes) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return c.refuse("find the mailboxes of a recipient", err)
	}
	if c.tx.accepted++; c.tx.accepted == 1 {
		c.tx.first = to
	}
	for _, m := range mailboxes {
		c.tx.add(m, to, c.server.Hostname)
	}
	c.commands-- // it is bounded by Limits.Recipients
	c.phase = addressed
	c.say(c.promise(ctx, to, p))
	return nil
}

// atName returns to with the name of this box as its domain, where that was the very address that the client is
// connected to (RFC 5321 §4.1.3).
func (c *session) atName(to Path) Path {
	if a, ok := to.address(); ok && a == c.local {
		to.Domain = c.server.Hostname
	}
	return to
}

// add adds a mailbox, unless it gets the mail already.
func (t *transaction) add(mailbox string, to Path, hostname string) {
	if slices.ContainsFunc(t.mailboxes, func(r Recipient) bool { return r.Mailbox == mailbox }) {
		return
	}
	head := traceHead(t.envelope.From.at(hostname), to.at(hostname))
	t.mailboxes = append(t.mailboxes, Recipient{Mailbox: mailbox, Head: head})
}

// now is the time that a mail shows.
func (c *session) now() time.Time {
	if c.server.Now != nil {
		return c.server.Now()
	}
	return time.Now()
}

// verdict says once, in LMTP once for each accepted recipient (RFC 2033 §4.2), what became of
// the mail, and ends its transaction.
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

// deliver makes the content durable, and returns what to say of it.
func (c *session) deliver(ctx context.Context) reply {
	t := c.tx
	// A commit that is under way when the box goes down is finished.
	if err := t.content.commit(context.WithoutCancel(ctx)); err != nil {
		return reply(c.notKept(err))
	}
	c.commands, c.mistakes = 0, 0
	c.octets += t.content.octets()
	c.log.Info("delivery committed", c.deliveryFields(t, t.content.oddities()...)...)
	c.sendReceipts(ctx)
	return sayKept
}

// octets returns the size of the mail: what came, and before that what was told.
func (t *transaction) octets() int64 {
	if t.content == nil {
		return t.envelope.Size
	}
	return t.content.octets()
}

// notKept logs why the mail is not kept, and returns what the client is told of it.
func (c *session) notKept(err error) refusal {
	no, known := refuse(err)
	level := logbook.InfoLevel
	if !known {
		level = logbook.ErrorLevel
	}
	c.log.Log(level, "delivery refused", c.deliveryFields(c.tx, logbook.Int("code", no.code), errField(err))...)
	return no
}

// refuse returns what the client is told when somebody was asked to do something and said
// err. What the client is not told is logged.
func (c *session) refuse(doing string, err error) error {
	no, known := refuse(err)
	if !known {
		c.log.Error("could not "+doing, c.fields(errField(err))...)
	}
	return no
}

// deliveryFields says which mail a line of the log is about.
func (c *session) deliveryFields(t *transaction, more ...logbook.Field) []logbook.Field {
	names := make([]string, len(t.mailboxes))
	for i, r := range t.mailboxes {
		names[i] = r.Mailbox
	}
	return c.fields(append([]logbook.Field{
		logbook.String("user", t.envelope.User),
		logbook.Strings("mailbox", names),
		logbook.Int64("octets", t.octets()),
		logbook.Duration("took", time.Since(t.began)),
	}, more...)...)
}

// cutPrefixFold is bytes.CutPrefix in any letter case of ASCII.
func cutPrefixFold(text []byte, prefix string) ([]byte, bool) {
	if len(text) < len(prefix) || !bytes.EqualFold(text[:len(prefix)], []byte(prefix)) {
		return nil, false
	}
	return text[len(prefix):], true
}
