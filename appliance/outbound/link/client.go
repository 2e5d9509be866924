package link

import (
	"errors"
	"fmt"
	"io"

	"pillarbox/appliance/outbound/smarthost"
)

// A Client is the server's side: a session that the child has. It is used by one goroutine.
type Client struct {
	wire   wire
	stream io.ReadWriteCloser
	offers smarthost.Offers
	broken error
}

// Open has the child connect and log in. It closes the stream if that fails.
func Open(stream io.ReadWriteCloser, t Target) (*Client, error) {
	c := &Client{wire: wire{stream: stream}, stream: stream}
	var f fields
	t.append(&f)
	err := c.wire.send(kindOpen, f)
	if err == nil {
		err = c.opened()
	}
	if err != nil {
		stream.Close()
		return nil, err
	}
	return c, nil
}

func (c *Client) opened() error {
	k, r, err := c.wire.next()
	switch {
	case err != nil:
		return unexpected(err)
	case k == kindError:
		return errors.Join(r.error(), r.end())
	case k != kindOffers:
		return errFrame
	}
	c.offers = r.offers()
	return r.end()
}

// Offers returns what the outgoing server offers.
func (c *Client) Offers() smarthost.Offers { return c.offers }

// Send hands a message over, as smarthost.Session.Send does. If the child ends while it sends, or
// its results cannot be read, every recipient is in doubt, because the final dot may have been
// sent.
func (c *Client) Send(m *smarthost.Message) ([]smarthost.Result, error) {
	results := make([]smarthost.Result, len(m.To))
	if c.broken != nil {
		return results, c.broken
	}
	var f fields
	appendMessage(&f, m)
	if c.broken = c.wire.send(kindSend, f); c.broken != nil {
		return results, c.broken
	}
	whole := false // the content was given out to its end
	for {
		k, r, err := c.wire.next()
		switch {
		case err != nil:
			c.broken = unexpected(err)
		case k == kindBody:
			if err := r.end(); err != nil {
				c.broken = err
			} else if c.broken = c.content(m); c.broken == nil {
				whole = true
				continue
			}
		case k == kindResults:
			if list, ok := c.results(r, len(results)); ok {
				return list, c.broken
			}
		default:
			c.broken = errFrame
		}
		if whole {
			for i := range results {
				// Of several, some may have been refused, or sent to by another transaction.
				results[i] = smarthost.Result{Outcome: smarthost.InDoubt, Whole: len(results) == 1}
			}
		}
		return results, c.broken
	}
}

// results reads the results and the error of the session behind them. Without ok they say nothing.
func (c *Client) results(r *reader, want int) (list []smarthost.Result, ok bool) {
	list = r.results()
	if r.flag() {
		c.broken = r.error()
	}
	if err := r.end(); err != nil || len(list) != want {
		c.broken = errFrame
		return nil, false
	}
	return list, true
}

// content sends the content of a message.
func (c *Client) content(m *smarthost.Message) error {
	body, size, err := m.Body()
	if err != nil {
		return errors.Join(fmt.Errorf("reading the message: %w", err), c.wire.send(kindFail, nil))
	}
	var f fields
	f.number(size)
	if err := c.wire.send(kindSize, f); err != nil {
		return err
	}
	buf := make([]byte, min(size, piece))
	for left := size; left > 0; {
		next := buf[:min(left, int64(len(buf)))]
		if _, err := io.ReadFull(body, next); err != nil {
			return errors.Join(fmt.Errorf("reading the message: %w", err), c.wire.send(kindFail, nil))
		}
		if err := c.wire.send(kindData, next); err != nil {
			return err
		}
		left -= int64(len(next))
	}
	return nil
}

// Close ends the session and closes the stream.
func (c *Client) Close() {
	if c.broken == nil {
		c.wire.send(kindQuit, nil) // a child that does not read it sees the end of the stream
	}
	c.stream.Close()
	if c.broken == nil {
		c.broken = io.ErrClosedPipe
	}
}
