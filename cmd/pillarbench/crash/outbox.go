package crash

import (
	"fmt"
	"slices"
	"sync"

	"pillarbox/cmd/pillarbench/client"
)

// An outbox records what a user has sent to the outside world, and what arrived at the outgoing
// server, and reports when the server violated one of the rules S1…S3 of the package comment.
type outbox struct {
	mu       sync.Mutex
	boot     int // the number of this start
	messages map[uint64]*outgoing
	last     map[int]uint64 // the last message that arrived in each start
	missing  int            // messages that were acknowledged and did not arrive everywhere
	doubles  int            // arrivals at a recipient beyond the first
	breach   error          // the first violation
	changed  chan struct{}  // closed and replaced when missing shrinks
}

// An outgoing message is on its way to recipients elsewhere.
type outgoing struct {
	answered bool
	arrived  map[string][]int // by recipient: the starts in which it arrived
}

func newOutbox() *outbox {
	return &outbox{messages: map[uint64]*outgoing{}, last: map[int]uint64{}, changed: make(chan struct{})}
}

// start records that the server is started again.
func (o *outbox) start() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.boot++
}

// send records that a message is about to be sent.
func (o *outbox) send(number uint64, recipients []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := &outgoing{arrived: map[string][]int{}}
	for _, r := range recipients {
		m.arrived[r] = nil
	}
	o.messages[number] = m
}

// answer records that a message was acknowledged with 250.
func (o *outbox) answer(number uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.messages[number]
	m.answered = true
	if !m.everywhere() {
		o.missing++
	}
}

func (m *outgoing) everywhere() bool {
	for _, starts := range m.arrived {
		if len(starts) == 0 {
			return false
		}
	}
	return true
}

// take records that a message arrives for a recipient, and reports whether that is right.
func (o *outbox) take(text []byte, to string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.arrive(text, to); err != nil {
		if o.breach == nil {
			o.breach = err
		}
		return false
	}
	return true
}

// arrive is take with mu held. A message that arrived before may come again after a cut, but only
// the last one of a start: the next one is sent after the removal of the one before is durable.
func (o *outbox) arrive(text []byte, to string) error {
	l, err := client.Verify(text)
	if err != nil {
		return violated("S1: for %s: %v", to, err)
	}
	m := o.messages[l.Number]
	if m == nil {
		return violated("S1: message %d for %s was never sent", l.Number, to)
	}
	starts, known := m.arrived[to]
	switch before := len(starts) - 1; {
	case !known:
		return violated("S1: message %d arrived for %s, to whom it was not sent", l.Number, to)
	case before < 0:
	case starts[before] == o.boot:
		return violated("S2: message %d arrived for %s twice without a cut in between", l.Number, to)
	case o.last[starts[before]] != l.Number:
		return violated("S2: message %d arrived for %s again, although message %d was sent after it", l.Number, to, o.last[starts[before]])
	default:
		o.doubles++
	}
	was := m.everywhere()
	m.arrived[to] = append(starts, o.boot)
	o.last[o.boot] = l.Number
	if m.answered && !was && m.everywhere() {
		o.missing--
		close(o.changed)
		o.changed = make(chan struct{})
	}
	return nil
}

// waiting returns how many acknowledged messages did not arrive everywhere, and a channel that is
// closed when there are fewer.
func (o *outbox) waiting() (int, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.missing, o.changed
}

// check returns the first violation.
func (o *outbox) check() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.breach
}

// A sentCount is what became of the messages of an outbox.
type sentCount struct{ answered, recipients, arrived, doubles int }

// count also checks that every acknowledged message has arrived (S3).
func (o *outbox) count() (c sentCount, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lost []string
	for number, m := range o.messages {
		for to, starts := range m.arrived {
			c.arrived += min(len(starts), 1)
			if !m.answered {
				continue
			}
			if c.recipients++; len(starts) == 0 {
				lost = append(lost, fmt.Sprintf("%d for %s", number, to))
			}
		}
		if m.answered {
			c.answered++
		}
	}
	c.doubles = o.doubles
	if slices.Sort(lost); len(lost) > 0 {
		err = violated("S3: messages were answered 250 and never sent: %v", lost)
	}
	return c, err
}
