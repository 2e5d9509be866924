package smtpd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"pillarbox/appliance/logbook"
	"pillarbox/pop3/wire"
)

// maxReceipts is how many recipients of one mail can have a receipt. Each costs up to 1 KiB while the mail comes in.
const maxReceipts = 100

// A receipt is for one recipient of whose delivery the sender wants to hear (NOTIFY=SUCCESS, RFC 3461 §4.1).
//
// Those of one mail are one mail themselves, to the reverse-path, when that is one of this house: nothing goes from here
// to anywhere else, so a sender elsewhere is told at once, by the reply to RCPT, that it will hear nothing. Other reports
// are never due: what cannot be delivered is refused, not returned, and nothing is delayed or passed on.
type receipt struct {
	to       Path
	original string // ORCPT=
}

// promise notes that a receipt is wanted, and returns the reply to RCPT.
func (c *session) promise(ctx context.Context, to Path, p rcptParameters) reply {
	t := c.tx
	if !p.success || t.envelope.From.Null() { // to nobody nothing is sent (RFC 3461 §6.1)
		return sayRecipient
	}
	if len(t.receipts) == 0 {
		answer, err := c.server.Router.Mailboxes(ctx, c.atName(t.envelope.From), 0)
		if err != nil || len(answer) == 0 {
			return sayNoReceipt
		}
		t.answer = answer
	}
	t.receipts = append(t.receipts, receipt{to.at(c.server.Hostname), p.original})
	return sayRecipient
}

// sendReceipts delivers the receipts of the mail that was just kept. They are durable before the client hears of it: with
// two flushes for one mail. A receipt that fails does not undo the mail; it is logged.
func (c *session) sendReceipts(ctx context.Context) {
	t := c.tx
	if len(t.receipts) == 0 {
		return
	}
	if err := c.keepReport(context.WithoutCancel(ctx), t); err != nil {
		c.log.Error("receipt could not be delivered", c.fields(logbook.Strings("mailbox", t.answer), errField(err))...)
		return
	}
	c.log.Info("receipt delivered", c.fields(logbook.Strings("mailbox", t.answer))...)
}

// keepReport delivers the report of a mail to its sender.
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

// report is the mail that says what became of another (RFC 3462, RFC 3464; RFC 6533 where there is more than ASCII). It
// holds the header of that mail only, as RET= has it for everything but a failure.
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
	lines("Subject: Your mail was delivered")
	lines("Auto-Submitted: auto-replied")
	lines("MIME-Version: 1.0")
	lines("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", id)
	lines("\r\n--%s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", id)
	lines("Your mail lies in the mailbox of\r\n")
	for _, r := range t.receipts {
		lines("    <%s>", r.to)
	}
	lines("\r\nWhether it was read is not known. Its header is attached.")
	lines("\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n", id, status)
	c.reportFields(t, lines)
	lines("\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n", id, headers)
	b.Write(header)
	lines("\r\n--%s--", id)
	return b.Bytes()
}

// reportFields writes the fields of the mail, and a group of them for each recipient (RFC 3464 §2.2, §2.3).
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

// kinds returns the types of the two parts for programs: those of RFC 6533 where there is more than ASCII.
func (t *transaction) kinds(header []byte) (status, headers string) {
	status, headers = "message/delivery-status", "text/rfc822-headers"
	for _, r := range t.receipts {
		if !r.to.isASCII() || !isASCII(r.original) {
			status = "message/global-delivery-status"
		}
	}
	if !isASCII(string(header)) {
		headers = "message/global-headers"
	}
	return status, headers
}
