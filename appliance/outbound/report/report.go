package report

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"
)

// An Action is what happened (RFC 3464 section 2.3.3).
type Action string

// The actions of a server that passes mail on to another one.
const (
	Failed    Action = "failed"
	Delayed   Action = "delayed"
	Relayed   Action = "relayed"   // accepted by a server that sends no reports of its own
	Delivered Action = "delivered" // stored in a mailbox here
)

// A Report is about one message and one action. Recipients with different actions need several.
type Report struct {
	Action     Action
	Hostname   string    // of this server
	To         string    // the reverse-path of the message, with its domain
	EnvelopeID string    // ENVID of the message, decoded; "" for none
	Arrival    time.Time // when this server accepted the message
	Now        time.Time
	Until      time.Time // of Delayed: when sending is given up
	Recipients []Recipient
	Header     []byte // of the message, in lines that end in CRLF, without byte-stuffing
}

// A Recipient is one that the report is about.
type Recipient struct {
	Address    string
	Original   string    // ORCPT, "rfc822;anna@example.org", decoded; "" for none
	Status     string    // "5.1.1"
	Server     string    // the server that decided; "" for this one
	Diagnostic string    // its reply, "550 5.1.1 No such user"; "" if there was none
	Reason     string    // what happened, in words, where there is no reply
	Last       time.Time // of the last attempt; zero for none
}

// ErrNoSender is returned for a report to the null reverse-path.
var ErrNoSender = errors.New("report: a message with the null reverse-path is not answered")

// Compose returns the report as a message in lines that end in CRLF, without byte-stuffing.
func (r *Report) Compose() ([]byte, error) {
	if r.To == "" {
		return nil, ErrNoSender
	}
	var random [16]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	id := hex.EncodeToString(random[:])
	host := cmp.Or(clean(r.Hostname), "localhost")
	status, header := r.types()
	w := &writer{}

	w.line("From: Mail delivery <postmaster@%s>", host)
	w.field("To", "<"+r.To+">")
	w.line("Date: %s", r.Now.Format(time.RFC1123Z))
	w.line("Message-ID: <%s@%s>", id, host)
	w.line("Subject: %s", r.subject())
	w.line("Auto-Submitted: auto-replied")
	w.line("MIME-Version: 1.0")
	w.line("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", id)
	w.line("")
	part := func(kind string) {
		w.line("--%s", id)
		w.line("Content-Type: %s", kind)
		w.line("Content-Transfer-Encoding: 8bit")
		w.line("")
	}
	part("text/plain; charset=utf-8")
	r.words(w)
	w.line("")
	part(status)
	r.fields(w)
	w.line("")
	part(header)
	w.Write(r.Header)
	if !bytes.HasSuffix(r.Header, []byte("\r\n")) {
		w.line("")
	}
	w.line("")
	w.line("--%s--", id)
	return w.Bytes(), nil
}

// types returns the types of the two parts for programs.
func (r *Report) types() (status, header string) {
	status, header = "message/delivery-status", "text/rfc822-headers"
	for _, to := range r.Recipients {
		if !isASCII(to.Address) || !isASCII(to.Original) || !isASCII(to.Diagnostic) {
			status = "message/global-delivery-status"
		}
	}
	if !isASCII(string(r.Header)) {
		header = "message/global-headers"
	}
	return status, header
}

// fields writes the fields about the message, and a group of them for each recipient.
func (r *Report) fields(w *writer) {
	if r.EnvelopeID != "" {
		w.field("Original-Envelope-Id", r.EnvelopeID)
	}
	w.field("Reporting-MTA", "dns; "+cmp.Or(r.Hostname, "localhost"))
	if !r.Arrival.IsZero() {
		w.field("Arrival-Date", r.Arrival.Format(time.RFC1123Z))
	}
	for _, to := range r.Recipients {
		w.line("")
		if to.Original != "" {
			w.field("Original-Recipient", to.Original)
		}
		kind := "rfc822; "
		if !isASCII(to.Address) {
			kind = "utf-8; "
		}
		w.field("Final-Recipient", kind+to.Address)
		w.field("Action", string(r.Action))
		w.field("Status", to.Status)
		if to.Server != "" {
			w.field("Remote-MTA", "dns; "+to.Server)
		}
		if to.Diagnostic != "" {
			w.field("Diagnostic-Code", "smtp; "+to.Diagnostic)
		}
		if !to.Last.IsZero() {
			w.field("Last-Attempt-Date", to.Last.Format(time.RFC1123Z))
		}
		if r.Action == Delayed && !r.Until.IsZero() {
			w.field("Will-Retry-Until", r.Until.Format(time.RFC1123Z))
		}
	}
}

// subject returns the subject of the report.
func (r *Report) subject() string {
	switch r.Action {
	case Failed:
		return "Undelivered: your message was returned"
	case Delayed:
		return "Delayed: your message has not been delivered yet"
	}
	return "Delivered: your message was sent"
}

// words writes the text for people.
func (r *Report) words(w *writer) {
	switch r.Action {
	case Failed:
		w.line("Your message could not be delivered to:")
	case Delayed:
		w.line("Your message has not been delivered yet to:")
	case Relayed:
		w.line("Your message was accepted by the outgoing mail server for:")
	default:
		w.line("Your message is in the mailbox of:")
	}
	for _, to := range r.Recipients {
		w.line("")
		w.wrap("   ", "    ", "<"+clean(to.Address)+">")
		switch {
		case r.Action == Relayed || r.Action == Delivered:
		case to.Diagnostic != "":
			if to.Server != "" {
				w.line("    The mail server %s answered:", clean(to.Server))
			}
			w.wrap("   ", "    ", clean(to.Diagnostic))
		case to.Reason != "":
			w.wrap("   ", "    ", clean(to.Reason))
		}
	}
	w.line("")
	switch r.Action {
	case Failed:
		w.line("It will not be tried again. The header of the message is attached; to send the")
		w.line("message again, open it in your sent mail.")
	case Delayed:
		w.line("You do not need to do anything: the server tries again by itself.")
		if !r.Until.IsZero() {
			w.line("If the message cannot be delivered by %s, it is returned.", r.Until.Format(time.RFC1123))
		}
	case Relayed:
		w.line("That server sends no reports about what happens to the message from here on.")
	default:
		w.line("Whether it was read is not known.")
	}
}
