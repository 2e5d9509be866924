package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/fingerprint"
	"pillarbox/appliance/remote/session"
	"pillarbox/pop3/wire"
)

const (
	mostTogether = 16        // messages that share a flush
	mostOctets   = 256 << 10 // of them
	mostAttempts = 3         // in a day, after which a message is left out
	// mostResumed is how long after its beginning a collection still goes on inside a message: the
	// other accounts wait for it, and a provider may send an octet a minute.
	mostResumed = 2 * time.Hour
)

// fetchAll fetches messages, small ones together.
func (c *collection) fetchAll(ctx context.Context, list []*row) error {
	var waiting []Delivery
	var rows []*row
	octets := int64(0)
	defer func() {
		for _, d := range waiting {
			d.Abort()
		}
	}()
	commit := func() error {
		n, err := c.store.Commit(ctx, waiting)
		for _, r := range rows[:n] {
			r.have = true
			c.New++
			delete(c.past.broke, r.id)
		}
		if errors.Is(err, ErrRefused) && n < len(rows) { // it is larger than its size said
			c.past.failed[rows[n].id] = mostAttempts
			c.noRoom(rows[n])
			c.refused.behind = c.refused.behind || n+1 < len(rows) // these come with the next collection
			err = nil
		}
		waiting, rows, octets = nil, nil, 0
		return err
	}
	for _, r := range list {
		if err := ctx.Err(); err != nil {
			return errors.Join(commit(), err)
		}
		if skip, err := c.skip(r); skip || err != nil {
			if err != nil {
				return errors.Join(commit(), err)
			}
			continue
		}
		d, size, err := c.fetch(ctx, r)
		switch {
		case errors.Is(err, ErrRefused):
			c.noRoom(r)
			continue
		case err != nil && c.leftOut(r, err):
			continue
		case err != nil:
			return errors.Join(commit(), err)
		}
		c.Octets += size
		waiting, rows, octets = append(waiting, d), append(rows, r), octets+size
		if len(waiting) == mostTogether || octets >= mostOctets {
			if err := commit(); err != nil {
				return err
			}
		}
	}
	return commit()
}

// tooLarge notes a message that stays at the provider.
func (c *collection) tooLarge(r *row) {
	c.TooLarge++
	c.telling.large = append(c.telling.large, r)
}

// noRoom notes a message that the store refuses: it is larger than the mailbox may be.
func (c *collection) noRoom(r *row) {
	c.refused.any = true
	c.tooLarge(r)
}

// skip reports whether a message is not to be fetched now.
func (c *collection) skip(r *row) (bool, error) {
	if r.Octets > int64(c.account.Largest) {
		c.tooLarge(r)
		return true, nil
	}
	if c.past.large[r.id] {
		c.telling.large = append(c.telling.large, r) // the session that found it out has ended at it
	}
	if c.past.failed[r.id] >= mostAttempts {
		c.Failed++
		return true, nil
	}
	if c.order.budget >= 0 && c.Octets+r.Octets > c.order.budget {
		c.Waiting++
		return true, nil
	}
	if c.order.dry {
		c.New++
		c.Octets += r.Octets
		return true, nil
	}
	err := c.store.Room(c.account, r.Octets)
	if errors.Is(err, ErrRefused) {
		c.noRoom(r)
		return true, nil
	}
	return false, err
}

// leftOut counts a message that the provider refused, or for which it broke the protocol. Another
// error is none of the message, which is fetched again, behind the others. It reports false if the
// session cannot go on.
func (c *collection) leftOut(r *row, err error) bool {
	var e *session.Error
	switch known := errors.As(err, &e); {
	case errors.Is(err, errTooLong):
		c.past.failed[r.id] = mostAttempts
		c.past.large[r.id] = true
		c.TooLarge++
		return false
	case !known || e.Kind != session.Refused && e.Kind != session.Protocol:
		c.past.broke[r.id] = true
		return false
	case e.Kind == session.Protocol:
		c.past.failed[r.id]++
		c.past.broke[r.id] = true
		return false
	}
	c.past.failed[r.id]++
	c.Failed++
	c.log.Warn("a message could not be fetched", zap.String("remote_account", c.account.Name), zap.Int64("octets", r.Octets), zap.String("error", e.Text))
	return true
}

// errTooLong ends a collection: the rest of the message may have no end.
var errTooLong = session.Errorf(session.Protocol, "a message is longer than its size says, and larger than what is fetched; it is left out next time")

// fetch brings one message into a delivery, which it aborts if it returns an error.
func (c *collection) fetch(ctx context.Context, r *row) (d Delivery, octets int64, err error) {
	d, err = c.store.Begin(ctx, c.account, r.id, r.Octets)
	if err != nil {
		return nil, 0, err
	}
	in, trace := &intake{to: d, most: int64(c.account.Largest)}, c.trace(r)
	if _, err = d.Write(trace); err == nil {
		err = c.mailbox.Fetch(r.Ref, 0, in)
		if err != nil && r.resumes {
			err = c.resume(r, in, err)
		}
	}
	if errors.Is(err, ErrRefused) {
		err = errTooLong
	}
	if err == nil && in.octets == 0 {
		// It is not stored, so that it is not deleted at the provider.
		err = session.Errorf(session.Refused, "the provider sends an empty message")
	}
	if err == nil {
		err = in.close()
	}
	if err != nil {
		d.Abort()
		return nil, 0, err
	}
	shape := in.scanner.Shape()
	sum, _ := in.header.Sum()
	head := int64(len(trace))
	d.Done(shape.Octets+head, shape.Header+head, sum)
	return d, shape.Octets, nil
}

// resume goes on inside a message whose session was broken, in other sessions, as long as they
// bring octets, and for two hours. It returns the last error if they do not.
func (c *collection) resume(r *row, in *intake, err error) error {
	for without := 0; without < mostAttempts && time.Since(c.start) < mostResumed && session.As(err).Kind == session.Network && in.header.Ended(); {
		before := in.octets
		if again := c.reopen(r, in); again == nil {
			err = c.mailbox.Fetch(r.Ref, in.octets, in)
		} else {
			err = again
		}
		if err == nil {
			return nil
		}
		if without++; in.octets > before {
			without = 0
		}
	}
	return err
}

// reopen begins another session, and compares the header of a message with what has come of it.
func (c *collection) reopen(r *row, in *intake) error {
	c.mailbox.Wait() // how it ended is known
	another, err := c.open(c.rows.eras)
	if err != nil {
		return err
	}
	c.mailbox = another
	var header fingerprint.Writer
	if err := another.Header(r.Ref, &header); err != nil {
		return err
	}
	got, okGot := header.Sum()
	if had, okHad := in.header.Sum(); got != had || okGot != okHad {
		return session.Errorf(session.Protocol, "the message is another one in another session")
	}
	return nil
}

// trace returns the header field that says where a message came from (RFC 5321 §4.4).
func (c *collection) trace(r *row) []byte {
	host, _, _ := net.SplitHostPort(c.account.Incoming)
	protocol := "IMAPS"
	if c.account.Fetch == config.FetchPOP3 {
		protocol = "POP3S"
	}
	comment := ""
	if folder := c.rows.names[r.folder]; folder != "" {
		comment = fmt.Sprintf(" (folder %s)", folder)
	}
	return fmt.Appendf(nil, "Received: from %s%s by %s (pillarbox)\r\n\twith %s; %s\r\n", host, comment, c.order.host, protocol, c.clock.Now().Format(time.RFC1123Z))
}

// An intake turns the content of a message into wire form on its way to a delivery.
type intake struct {
	to      Delivery
	most    int64 // octets of a message
	octets  int64 // that have come
	scanner wire.Scanner
	header  fingerprint.Writer
	buf     []byte
}

// Write takes the next octets of a message, in pieces that keep the buffer small.
func (in *intake) Write(p []byte) (n int, err error) {
	const piece = 8 << 10
	for len(p) > 0 {
		one := p[:min(len(p), piece)]
		if !in.header.Ended() {
			in.header.Write(one)
		}
		in.buf = in.scanner.ScanRaw(in.buf[:0], one)
		if in.scanner.Shape().Octets > in.most {
			return n, ErrRefused
		}
		if _, err := in.to.Write(in.buf); err != nil {
			return n, err
		}
		n, p = n+len(one), p[len(one):]
		in.octets += int64(len(one))
	}
	return n, nil
}

// close writes the end of the wire form.
func (in *intake) close() error {
	in.buf = in.scanner.Close(in.buf[:0])
	_, err := in.to.Write(in.buf)
	return err
}
