package smtpd

import (
	"bytes"
	"context"
	"errors"
)

// What a message for recipients of other servers needs beside one for ours (RFC 6409).

// relay adds a recipient of another server, if the Relay lets the client send there.
func (c *session) relay(ctx context.Context, to Path, p rcptParameters) error {
	t := c.tx
	if c.server.Relay == nil || to.Domain == "" {
		return relayingDenied(to)
	}
	if t.outgoing == nil {
		o, err := c.server.Relay.Outgoing(ctx, &t.envelope)
		switch {
		case errors.Is(err, ErrForeign):
			return relayingDenied(to)
		case err != nil:
			return c.refuse("decide about relaying", err)
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
	if !t.hasOutside(to) {
		t.outside++
		t.mailboxes = append(t.mailboxes, Recipient{Outside: &Outside{
			Account: o.Account, From: o.From, To: to, Notify: p.notify, Original: p.original,
		}})
	}
	c.accept(to, sayRecipient)
	return nil
}

// hasOutside reports whether a recipient of another server gets the message already.
func (t *transaction) hasOutside(to Path) bool {
	for _, r := range t.mailboxes {
		if r.Outside != nil && r.Outside.To == to {
			return true
		}
	}
	return false
}

// trace returns the trace that all recipients share. That of a message which leaves names neither
// the client nor its user; the mailboxes here have the full one in their heads.
func (c *session) trace(t *transaction) []byte {
	if t.outgoing == nil {
		return c.received(t)
	}
	full := c.received(t)
	for i := range t.mailboxes {
		if r := &t.mailboxes[i]; r.Outside == nil {
			r.Head = append(bytes.Clone(r.Head), full...)
		}
	}
	var f folded
	f.add("Received: by localhost (pillarbox)")
	f.add("with", t.envelope.Protocol)
	f.semicolon()
	// The zone tells where the client is.
	f.add(t.envelope.Received.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	return append(f.text, '\r', '\n')
}

// maxEdited is how long the header of a message that leaves may be, in stored octets: it is held
// until it is whole.
const maxEdited = 64 << 10

// errLongHeader is returned for a header that is longer.
var errLongHeader = refusal{552, "5.6.0", "Header too long for a message to another server"}

// An edit holds the header of a message that leaves back until it is whole, and has it checked and
// perhaps changed.
type edit struct {
	trace  int // octets of ours in front of it
	change func(header []byte) ([]byte, error)
	held   []byte
	last   bool // the wire form ends with what is written next
	done   bool

	octets, stored int64 // by how much the change made the message longer
}

// edited returns what is to be written of content.out now.
func (c *content) edited() []byte {
	e := c.edit
	if e == nil || e.done {
		return c.out
	}
	e.held = append(e.held, c.out...)
	end := bytes.Index(e.held, []byte("\r\n\r\n"))
	switch {
	case end >= 0:
		end += len("\r\n")
	case e.last:
		end = max(len(e.held)-len(".\r\n"), e.trace) // all of it is header
	case len(e.held) > maxEdited:
		c.fail(errLongHeader)
		return nil
	default:
		return nil
	}
	e.done = true
	if end > maxEdited {
		c.fail(errLongHeader)
		return nil
	}
	end = max(end, e.trace)
	was := e.held[e.trace:end]
	changed, err := e.change(was)
	if err != nil {
		c.fail(err)
		return nil
	}
	e.stored = int64(len(changed) - len(was))
	e.octets = e.stored - int64(doubledDots(changed)-doubledDots(was))
	out := append(append(bytes.Clone(e.held[:e.trace]), changed...), e.held[end:]...)
	e.held = nil
	return out
}

// doubledDots counts the dots that byte-stuffing has doubled.
func doubledDots(wire []byte) int {
	n := bytes.Count(wire, []byte("\r\n.."))
	if bytes.HasPrefix(wire, []byte("..")) {
		n++
	}
	return n
}
