package link

import (
	"errors"
	"io"
	"strconv"
	"time"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/session"
)

// A Client is the server's side of a link: a session.Mailbox whose session is in the child. It is
// used by one goroutine. An error that is no session.Error is one of the link: the child has ended
// or sends nonsense, and only Hangup may follow.
type Client struct {
	*wire
	stream io.ReadWriteCloser
	delay  time.Duration
}

// NewClient returns the server's side of a stream.
func NewClient(stream io.ReadWriteCloser) *Client {
	return &Client{wire: newWire(stream, dataSize, askSize), stream: stream}
}

// Open connects and logs in.
func (c *Client) Open(t Target) error {
	said, err := c.ask(kindOpen, t.fields()...)
	if err != nil {
		return err
	}
	if seconds, err := strconv.ParseUint(string(said), 10, 31); err == nil {
		c.delay = min(time.Duration(seconds)*time.Second, 24*time.Hour)
	}
	return nil
}

// Delay returns the least time between two logins, as the server said at the beginning.
func (c *Client) Delay() time.Duration { return c.delay }

// Mark returns a text that differs whenever the listing does.
func (c *Client) Mark() (string, error) {
	mark, err := c.ask(kindMark)
	return string(mark), err
}

// Find reports whether a message of the folders has a Message-ID.
func (c *Client) Find(messageID string) (bool, error) {
	found, err := c.ask(kindFind, []byte(messageID))
	return string(found) == foundText, err
}

// foundText is the answer of "find" for a message that is there.
const foundText = "found"

// Ticket returns the ticket with which a later TLS session with the server costs less; nil for
// none.
func (c *Client) Ticket() ([]byte, error) { return c.ask(kindTicket) }

// ask returns the text of an answer.
func (c *Client) ask(k kind, fields ...[]byte) ([]byte, error) {
	if err := c.send(k, fields...); err != nil {
		return nil, err
	}
	var said text
	err := c.await(nil, &said)
	return said.text, err
}

// A text is a writer that keeps the text of an answer.
type text struct{ text []byte }

func (t *text) Write(p []byte) (int, error) {
	t.text = append([]byte(nil), p...)
	return len(p), nil
}

// List lists the messages.
func (c *Client) List(each func(session.Message) error) error {
	if err := c.send(kindList); err != nil {
		return err
	}
	n := 0
	return c.await(func(f fields) error {
		m := session.Message{Ref: f.number(), ID: f.text(), Octets: int64(f.number() & (1<<62 - 1))}
		if seconds := f.number(); seconds > 0 {
			m.Date = time.Unix(int64(seconds&(1<<40-1)), 0)
		}
		m.Folder, m.Era, m.Stable = f.text(), f.number(), f.number() == 1
		if err := f.end(); err != nil {
			return err
		}
		if n++; n > session.MostMessages {
			return session.Errorf(session.Protocol, "the server lists more than %d messages", session.MostMessages)
		}
		return each(m)
	}, nil)
}

// Header writes the header of a message.
func (c *Client) Header(ref uint64, to io.Writer) error {
	if err := c.send(kindHeader, number(ref)); err != nil {
		return err
	}
	return c.await(nil, &header{to: to})
}

// A header is a writer that ends the link if the header of a message is too long.
type header struct {
	to     io.Writer
	octets int
}

func (h *header) Write(p []byte) (int, error) {
	if h.octets += len(p); h.octets > session.MostHeader {
		return 0, session.Errorf(session.Protocol, "the server sends a header of more than %d octets", session.MostHeader)
	}
	return h.to.Write(p)
}

// Fetch writes a message from an octet on.
func (c *Client) Fetch(ref uint64, from int64, to io.Writer) error {
	if err := c.send(kindFetch, number(ref), number(uint64(from))); err != nil {
		return err
	}
	return c.await(nil, to)
}

// Delete deletes messages.
func (c *Client) Delete(refs []uint64) error {
	list := make([][]byte, len(refs))
	for i, ref := range refs {
		list[i] = number(ref)
	}
	if err := c.send(kindDelete, list...); err != nil {
		return err
	}
	return c.await(nil, nil)
}

// Close ends the session.
func (c *Client) Close() error {
	if err := c.send(kindClose); err != nil {
		return err
	}
	return c.await(nil, nil)
}

// Hangup closes the link; the child ends.
func (c *Client) Hangup() error { return c.stream.Close() }

// await reads an answer. An error of message does not end the reading, so that the next request is
// possible: it is returned behind the end of the answer. An error of to does, and ends the link:
// the rest of a message may have no end.
func (c *Client) await(message func(fields) error, to io.Writer) error {
	var failed error
	for {
		k, f, err := c.next()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		switch {
		case k == kindDone:
			return errors.Join(failed, f.end())
		case k == kindError:
			return errors.Join(failed, answered(f))
		case k == kindMessage && message != nil:
			if failed == nil {
				failed = message(f)
			}
		case (k == kindData || k == kindText) && to != nil:
			data := f.bytes()
			if err := f.end(); err != nil {
				return err
			}
			if _, err := to.Write(data); err != nil {
				c.Hangup()
				return err
			}
		default:
			return errFrame
		}
	}
}

// answered returns the error of an answer.
func answered(f fields) error {
	e := &session.Error{Kind: session.Kind(min(f.number(), 255)), Wait: time.Duration(min(f.number(), 86400)) * time.Second, Text: session.Printable(f.text())}
	if err := f.end(); err != nil {
		return err
	}
	if !e.Kind.Valid() {
		return errFrame
	}
	return e
}

// Ask has the child send a request to an authorization server.
func (c *Client) Ask(q oauth.Request, bundle string) (oauth.Reply, error) {
	var none oauth.Reply
	err := c.send(kindAsk, []byte(q.URL), []byte(q.Form), []byte(q.User), []byte(q.Secret), []byte(q.Pin), []byte(bundle))
	if err != nil {
		return none, err
	}
	k, f, err := c.next()
	switch {
	case err != nil:
		return none, err
	case k == kindError:
		return none, answered(f)
	case k != kindReply:
		return none, errFrame
	}
	r := oauth.Reply{Status: int(f.number() % 1000), Wait: time.Duration(min(f.number(), 86400)) * time.Second}
	if f.number() == 1 {
		r.Fields = map[string]string{}
	}
	for f.more() {
		name, value := f.text(), f.text()
		if r.Fields == nil {
			return none, errFrame
		}
		r.Fields[name] = value
	}
	if err := f.end(); err != nil {
		return none, err
	}
	return r, nil
}
