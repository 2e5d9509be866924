package outbound

import (
	"time"
)

// maxTogether is how many recipients one transaction has: servers take at least 100, and the
// commands of that many fit into the buffers of a connection.
const maxTogether = 100

// A recipient is one (key, head) of the queue in memory: about 300 bytes.
type recipient struct {
	head   Head
	uid    string // of the message in the mailbox of the queue
	n      int    // its number in the view of Run; 0: it came later
	size   int    // octets of the head
	failed *verdict
	done   bool // sent or reported, and not expunged yet
	doubts int  // transactions that ended without a reply: it may have the message
}

// A verdict is why a recipient is given up. Until the report about it is stored, the recipient
// stays.
type verdict struct {
	status     string
	server     string
	diagnostic string // the reply
	reason     string // in words, if there was none
	at         time.Time
}

// A parcel is a message with those of its recipients that wait for one outgoing server. Its fields
// are guarded by Queue.mu.
type parcel struct {
	id       string
	account  string
	from     string // reverse-path
	received time.Time
	octets   int64
	to       []*recipient

	// Since the start.
	fresh  bool      // it came since then: nothing was sent before
	next   time.Time // when it is tried
	settle time.Time // when a report or an expunge is tried; zero: none is due
	tries  int
	base   time.Duration // lane.online when it came
	// Transactions that may have left a copy in the folder of sent mail.
	contents int
	noticed  bool // the sender was notified of the delay
	held     bool
	sending  bool
	why      string // the last reply
	server   string // that gave it
}

// key is the key of the parcel in Queue.parcels.
func (p *parcel) key() string { return p.id + " " + p.account }

// waiting returns the recipients that nothing is decided about.
func (p *parcel) waiting() (list []*recipient) {
	for _, r := range p.to {
		if r.failed == nil && !r.done {
			list = append(list, r)
		}
	}
	return list
}

// giveUp decides about every recipient that waits.
func (p *parcel) giveUp(v verdict) {
	for _, r := range p.waiting() {
		own := v
		r.failed = &own
	}
}
