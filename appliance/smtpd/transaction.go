package smtpd

import (
	"slices"
	"time"

	"go.uber.org/zap"
)

// A transaction is the current message of a session (RFC 5321 §3.3): begun by MAIL, ended by the
// verdict on its content, or by RSET, EHLO, or the session's end.
type transaction struct {
	server *Server
	client *client
	began  time.Time

	envelope Envelope
	utf8     bool // SMTPUTF8

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
}

// close discards what was not stored.
func (t *transaction) close() {
	if t.content != nil {
		t.content.close()
	}
}

// add adds a mailbox, unless it is already a recipient.
func (t *transaction) add(mailbox string, to Path) {
	if slices.ContainsFunc(t.mailboxes, func(r Recipient) bool { return r.Mailbox == mailbox }) {
		return
	}
	hostname := t.server.Hostname
	head := traceHead(t.envelope.From.at(hostname), to.at(hostname))
	t.mailboxes = append(t.mailboxes, Recipient{Mailbox: mailbox, Head: head})
}

// addOutside adds a recipient of another server, unless it gets the message already.
func (t *transaction) addOutside(o Outside) {
	for _, r := range t.mailboxes {
		if r.Outside != nil && r.Outside.To == o.To {
			return
		}
	}
	t.outside++
	t.mailboxes = append(t.mailboxes, Recipient{Outside: &o})
}

// accept counts a forward-path.
func (t *transaction) accept(to Path) {
	if t.accepted++; t.accepted == 1 {
		t.first = to
	}
}

// octets returns the size of the message: what arrived, or before that what was declared.
func (t *transaction) octets() int64 {
	if t.content == nil {
		return t.envelope.Size
	}
	return t.content.octets()
}

// fields returns the fields that every line of the log begins with, and more.
func (t *transaction) fields(more ...zap.Field) []zap.Field { return t.client.fields(t.utf8, more...) }

// messageFields identifies the message that a line is about: its envelope, its size and its
// mailboxes. Of several recipients it contains the first.
func (t *transaction) messageFields(more ...zap.Field) []zap.Field {
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
	return t.fields(append([]zap.Field{
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

// pathText returns a path as it is in a command: in angle brackets.
func pathText(p Path) string {
	if p.Null() {
		return "<>"
	}
	return "<" + p.String() + ">"
}
