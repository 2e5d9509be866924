package smtpd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/names"
	"pillarbox/pop3/wire"
)

// maxReceipts is how many recipients of one message can have a receipt. Each costs up to 1 KiB
// while the message arrives.
const maxReceipts = 100

// A receipt is for one recipient whose delivery the sender wants to be reported (NOTIFY=SUCCESS,
// RFC 3461 §4.1).
//
// The receipts of one message are one message to the reverse-path, if that is local. A sender
// elsewhere learns from the reply to RCPT that there will be no receipt. Other reports never occur:
// what cannot be delivered is refused, not returned, and nothing is delayed or relayed.
type receipt struct {
	to       Path
	original string // ORCPT=
}

// promise notes that a receipt is wanted, and returns the reply to RCPT.
func (c *session) promise(ctx context.Context, to Path, p rcptParameters) reply {
	t := c.tx
	if !p.success || t.envelope.From.Null() { // no report to the null path (RFC 3461 §6.1)
		return sayRecipient
	}
	if len(t.receipts) == 0 {
		answer, err := c.server.Router.Mailboxes(ctx, c.atName(t.envelope.From), &Envelope{})
		if err != nil || len(answer) == 0 {
			return sayNoReceipt
		}
		t.answer = answer
	}
	t.receipts = append(t.receipts, receipt{to.at(c.server.Hostname), p.original})
	return sayRecipient
}

// sendReceipts delivers the receipts of a message that was just stored. They are durable before the
// client gets its reply, which costs a second flush. A receipt that fails does not undo the
// delivery; it is logged.
func (c *session) sendReceipts(ctx context.Context) {
	t := c.tx
	if len(t.receipts) == 0 {
		return
	}
	if err := c.keepReport(context.WithoutCancel(ctx), t); err != nil {
		c.log.Error("delivering the receipt failed", c.fields(zap.Strings("mailbox", t.answer), zap.Error(err))...)
		return
	}
	c.log.Info("receipt delivered", c.fields(userField(c.user), zap.Strings("mailbox", t.answer))...)
}

// keepReport delivers the report about a message to its sender.
func (c *session) keepReport(ctx context.Context, t *transaction) error {
	head := traceHead(Path{}, t.envelope.From.at(c.server.Hostname))
	to := make([]Recipient, len(t.answer))
	for i, mailbox := range t.answer {
		to[i] = Recipient{Mailbox: mailbox, Head: head}
	}
	d, err := c.server.Spooler.Begin(ctx, &Envelope{Received: c.now()}, to)
	if err != nil {
		return err
	}
	defer d.Abort()
	var s wire.Scanner
	text := s.Close(s.ScanRaw(nil, c.report(t)))
	if _, err := d.Write(text); err != nil {
		return err
	}
	return d.Commit(ctx, s.Shape())
}

// report returns the delivery report of a message (RFC 3462, RFC 3464; RFC 6533 if there is more
// than ASCII). It contains only the header of that message, as RET= specifies for everything but a
// failure.
func (c *session) report(t *transaction) []byte {
	var b bytes.Buffer
	var random [16]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	id := hex.EncodeToString(random[:])
	header := bytes.ReplaceAll(t.content.header, []byte("\r\n.."), []byte("\r\n.")) // out of wire form
	status, headers := t.kinds(header)
	lines := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }

	lines("From: Mail delivery <postmaster@%s>", c.server.Hostname)
	lines("To: <%s>", t.envelope.From.at(c.server.Hostname))
	lines("Date: %s", c.now().Format(time.RFC1123Z))
	lines("Message-ID: <%s@%s>", id, c.server.Hostname)
	lines("Subject: Your message was delivered")
	lines("Auto-Submitted: auto-replied")
	lines("MIME-Version: 1.0")
	lines("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", id)
	lines("\r\n--%s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", id)
	lines("Your message was delivered to the mailbox of\r\n")
	for _, r := range t.receipts {
		lines("    <%s>", r.to)
	}
	lines("\r\nIt is not known whether it was read. Its header is attached.")
	lines("\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n", id, status)
	c.reportFields(t, lines)
	lines("\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n", id, headers)
	b.Write(header)
	lines("\r\n--%s--", id)
	return b.Bytes()
}

// reportFields writes the fields of the message, and a group of them for each recipient (RFC 3464
// §2.2, §2.3).
func (c *session) reportFields(t *transaction, lines func(string, ...any)) {
	if t.envID != "" {
		lines("Original-Envelope-Id: %s", t.envID)
	}
	lines("Reporting-MTA: dns; %s", c.server.Hostname)
	if name := traceName(t.envelope.Helo, t.envelope.Remote); name != "unknown" {
		lines("Received-From-MTA: dns; %s", name)
	}
	lines("Arrival-Date: %s", t.envelope.Received.Format(time.RFC1123Z))
	for _, r := range t.receipts {
		lines("")
		if r.original != "" {
			lines("Original-Recipient: %s", r.original)
		}
		kind := "rfc822"
		if !r.to.isASCII() {
			kind = "utf-8"
		}
		lines("Final-Recipient: %s; %s", kind, r.to)
		lines("Action: delivered")
		lines("Status: 2.1.5")
	}
}

// kinds returns the types of the two machine-readable parts: those of RFC 6533 if there is more
// than ASCII.
func (t *transaction) kinds(header []byte) (status, headers string) {
	status, headers = "message/delivery-status", "text/rfc822-headers"
	for _, r := range t.receipts {
		if !r.to.isASCII() || !names.IsASCII(r.original) {
			status = "message/global-delivery-status"
		}
	}
	if !names.IsASCII(string(header)) {
		headers = "message/global-headers"
	}
	return status, headers
}
