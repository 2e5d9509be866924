package smtpd

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"pillarbox/appliance/names"
)

// A receipt is for one recipient whose delivery the sender wants to be reported (NOTIFY=SUCCESS,
// RFC 3461 §4.1).
type receipt struct {
	to       Path
	original string // ORCPT=
}

// A report is the delivery report of a message.
//
// The receipts of one message are one report to the reverse-path, if that is local. A sender
// elsewhere learns from the reply to RCPT that there will be no receipt. Other reports never occur:
// what cannot be delivered is refused, not returned, and nothing is delayed or relayed.
type report struct {
	hostname string
	date     time.Time
	envelope *Envelope // of the message
	header   []byte    // its header, or the beginning of it, in wire form
	receipts []receipt
}

// text returns the report (RFC 3462, RFC 3464; RFC 6533 if there is more than ASCII). It contains
// only the header of the message, as RET= specifies for everything but a failure.
func (r *report) text() []byte {
	var b bytes.Buffer
	var random [16]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	id := hex.EncodeToString(random[:])
	header := bytes.ReplaceAll(r.header, []byte("\r\n.."), []byte("\r\n.")) // out of wire form
	status, headers := r.kinds(header)
	lines := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }

	lines("From: Mail delivery <postmaster@%s>", r.hostname)
	lines("To: <%s>", r.envelope.From.at(r.hostname))
	lines("Date: %s", r.date.Format(time.RFC1123Z))
	lines("Message-ID: <%s@%s>", id, r.hostname)
	lines("Subject: Your message was delivered")
	lines("Auto-Submitted: auto-replied")
	lines("MIME-Version: 1.0")
	lines("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", id)
	lines("\r\n--%s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", id)
	lines("Your message was delivered to the mailbox of\r\n")
	for _, one := range r.receipts {
		lines("    <%s>", one.to)
	}
	lines("\r\nIt is not known whether it was read. Its header is attached.")
	lines("\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n", id, status)
	r.fields(lines)
	lines("\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n", id, headers)
	b.Write(header)
	lines("\r\n--%s--", id)
	return b.Bytes()
}

// fields writes the fields of the message, and a group of them for each recipient (RFC 3464
// §2.2, §2.3).
func (r *report) fields(lines func(string, ...any)) {
	if r.envelope.EnvelopeID != "" {
		lines("Original-Envelope-Id: %s", r.envelope.EnvelopeID)
	}
	lines("Reporting-MTA: dns; %s", r.hostname)
	if name := traceName(r.envelope.Helo, r.envelope.Remote); name != "unknown" {
		lines("Received-From-MTA: dns; %s", name)
	}
	lines("Arrival-Date: %s", r.envelope.Received.Format(time.RFC1123Z))
	for _, one := range r.receipts {
		lines("")
		if one.original != "" {
			lines("Original-Recipient: %s", one.original)
		}
		kind := "rfc822"
		if !one.to.isASCII() {
			kind = "utf-8"
		}
		lines("Final-Recipient: %s; %s", kind, one.to)
		lines("Action: delivered")
		lines("Status: 2.1.5")
	}
}

// kinds returns the types of the two machine-readable parts: those of RFC 6533 if there is more
// than ASCII.
func (r *report) kinds(header []byte) (status, headers string) {
	status, headers = "message/delivery-status", "text/rfc822-headers"
	for _, one := range r.receipts {
		if !one.to.isASCII() || !names.IsASCII(one.original) {
			status = "message/global-delivery-status"
		}
	}
	if !names.IsASCII(string(header)) {
		headers = "message/global-headers"
	}
	return status, headers
}
