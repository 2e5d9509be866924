package smtpd

import (
	"context"
	"errors"
)

// maxReceipts is how many recipients of one message can have a receipt. Each costs up to 1 KiB
// while the message arrives.
const maxReceipts = 100

// recipient adds the recipient that the argument of RCPT names, and returns the reply: one of ours,
// or with the leave of the Relay one of another server. most is how many are accepted.
func (t *transaction) recipient(ctx context.Context, argument []byte, most int) (reply, error) {
	text, ok := cutPrefixFold(argument, "TO:")
	if !ok {
		return reply{}, errArgument
	}
	to, rest, ok := parsePath(text)
	if !ok || to.Null() || len(to.Local) > maxLocal {
		return reply{}, errRecipient
	}
	p, err := parseRcptParameters(rest, t.client.reports(), t.utf8)
	switch {
	case err != nil:
		return reply{}, err
	case !t.utf8 && !to.isASCII():
		return reply{}, errNotASCII
	case t.accepted >= most, p.success && len(t.receipts) >= maxReceipts:
		return reply{}, errMany
	}
	mailboxes, err := t.route(ctx, t.atName(to))
	switch {
	case ctx.Err() != nil:
		return reply{}, ctx.Err()
	case errors.Is(err, ErrForeign):
		return sayRecipient, t.relay(ctx, to, p)
	case err != nil:
		return reply{}, t.client.refuse(t.utf8, "routing a recipient failed", err)
	}
	for _, m := range mailboxes {
		t.add(m, to)
	}
	t.accept(to)
	return t.promise(ctx, to, p), nil
}

// route returns where mail for a recipient goes. A client that is not logged in waits first if it
// has named many unknown recipients.
func (t *transaction) route(ctx context.Context, to Path) ([]string, error) {
	limit := t.server.Recipients
	if t.client.user != "" {
		limit = nil
	}
	if limit != nil {
		if err := limit.Await(ctx, t.envelope.Conn); err != nil {
			return nil, err
		}
	}
	mailboxes, err := t.server.Router.Mailboxes(ctx, to, &t.envelope)
	if err == nil && len(mailboxes) == 0 {
		err = ErrUnknown
	}
	if limit != nil && !errors.Is(err, ErrUnknown) {
		limit.Found(t.envelope.Conn)
	}
	return mailboxes, err
}

// atName returns to with the host name of this server as its domain, if its domain is the address
// that the client is connected to (RFC 5321 §4.1.3).
func (t *transaction) atName(to Path) Path {
	if a, ok := to.address(); ok && a == t.client.local {
		to.Domain = t.server.Hostname
	}
	return to
}

// promise notes that a receipt is wanted, and returns the reply to RCPT.
func (t *transaction) promise(ctx context.Context, to Path, p rcptParameters) reply {
	if !p.success || t.envelope.From.Null() { // no report to the null path (RFC 3461 §6.1)
		return sayRecipient
	}
	if len(t.receipts) == 0 {
		answer, err := t.server.Router.Mailboxes(ctx, t.atName(t.envelope.From), &Envelope{})
		if err != nil || len(answer) == 0 {
			return sayNoReceipt
		}
		t.answer = answer
	}
	t.receipts = append(t.receipts, receipt{to.at(t.server.Hostname), p.original})
	return sayRecipient
}

// relay adds a recipient of another server, if the Relay lets the client send there (RFC 6409).
func (t *transaction) relay(ctx context.Context, to Path, p rcptParameters) error {
	if t.server.Relay == nil || to.Domain == "" {
		return relayingDenied(to)
	}
	if t.outgoing == nil {
		o, err := t.server.Relay.Outgoing(ctx, &t.envelope)
		switch {
		case errors.Is(err, ErrForeign):
			return relayingDenied(to)
		case err != nil:
			return t.client.refuse(t.utf8, "decide about relaying", err)
		}
		t.outgoing = &o
	}
	o := t.outgoing
	switch {
	case o.MaxSize > 0 && t.envelope.Size > o.MaxSize:
		return tooLarge(o.MaxSize)
	case o.Recipients > 0 && t.outside >= o.Recipients:
		return errMany
	}
	t.addOutside(Outside{Account: o.Account, From: o.From, To: to, Notify: p.notify, Original: p.original})
	t.accept(to)
	return nil
}
