package smtpd

import (
	"bytes"
	"context"
	"slices"

	"go.uber.org/zap"

	"pillarbox/pop3/wire"
)

// open begins the delivery of the message, with its trace.
func (t *transaction) open(ctx context.Context) error {
	trace, mailboxes := t.trace()
	to, err := t.server.Spooler.Begin(ctx, &t.envelope, mailboxes)
	if err != nil {
		return logged{t.notStored(err)}
	}
	t.content = newContent(&t.server.contents, to, t.server.maxMessage())
	if len(t.receipts) > 0 {
		t.content.header = []byte{}
	}
	if o := t.outgoing; t.outside > 0 {
		t.content.editHeader(o.Header)
		if o.MaxSize > 0 {
			t.content.max = min(t.content.max, o.MaxSize)
		}
	}
	t.content.start(trace)
	return nil
}

// trace returns the trace that all recipients share, and the mailboxes. The trace of a message
// which leaves names neither the client nor its user; the mailboxes here have the full one in their
// heads.
func (t *transaction) trace() ([]byte, []Recipient) {
	only := Path{}
	if t.accepted == 1 {
		only = t.first
	}
	full := received(t.server.Hostname, &t.envelope, only)
	if t.outside == 0 {
		return full, t.mailboxes
	}
	with := slices.Clone(t.mailboxes) // the transaction may try again
	for i := range with {
		if r := &with[i]; r.Outside == nil {
			r.Head = append(bytes.Clone(r.Head), full...)
		}
	}
	return receivedHere(&t.envelope), with
}

// store makes the content durable, and returns the verdict.
func (t *transaction) store(ctx context.Context) (verdict reply, stored bool) {
	// A commit in progress when the server shuts down is finished.
	if err := t.content.commit(context.WithoutCancel(ctx)); err != nil {
		return reply(t.notStored(err)), false
	}
	t.client.log.Info("delivery committed", t.messageFields(t.content.oddities()...)...)
	t.sendReceipts(ctx)
	return sayStored, true
}

// notStored logs why the message is not stored, and returns the reply.
func (t *transaction) notStored(err error) refusal {
	no, known := refuse(err)
	fields := t.messageFields(no.fields()...)
	if known {
		t.client.log.Info("message refused", fields...)
	} else {
		t.client.log.Error("message refused", append(fields, zap.Error(err))...)
	}
	return no
}

// sendReceipts delivers the receipts of a message that was just stored. They are durable before the
// client gets its reply, which costs a second flush. A receipt that fails does not undo the
// delivery; it is logged.
func (t *transaction) sendReceipts(ctx context.Context) {
	if len(t.receipts) == 0 {
		return
	}
	if err := t.storeReport(context.WithoutCancel(ctx)); err != nil {
		t.client.log.Error("delivering the receipt failed", t.fields(zap.Strings("mailbox", t.answer), zap.Error(err))...)
		return
	}
	t.client.log.Info("receipt delivered", t.fields(userField(t.client.user), zap.Strings("mailbox", t.answer))...)
}

// storeReport delivers the report about the message to its sender.
func (t *transaction) storeReport(ctx context.Context) error {
	hostname := t.server.Hostname
	head := traceHead(Path{}, t.envelope.From.at(hostname))
	to := make([]Recipient, len(t.answer))
	for i, mailbox := range t.answer {
		to[i] = Recipient{Mailbox: mailbox, Head: head}
	}
	d, err := t.server.Spooler.Begin(ctx, &Envelope{Received: t.server.now()}, to)
	if err != nil {
		return err
	}
	defer d.Abort()
	r := report{hostname, t.server.now(), &t.envelope, t.content.header, t.receipts}
	var s wire.Scanner
	text := s.Close(s.ScanRaw(nil, r.text()))
	if _, err := d.Write(text); err != nil {
		return err
	}
	return d.Commit(ctx, s.Shape())
}
