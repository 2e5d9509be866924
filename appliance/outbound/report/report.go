package report

import "time"

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
