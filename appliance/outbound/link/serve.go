package link

import (
	"errors"
	"io"

	"pillarbox/appliance/outbound/smarthost"
)

// A Session is what the child has; *smarthost.Session is one.
type Session interface {
	Send(*smarthost.Message) ([]smarthost.Result, error)
	Offers() smarthost.Offers
	Close()
}

// Serve is the child's side: it opens one session and sends by it until the server ends it.
func Serve(stream io.ReadWriter, open func(Target) (Session, error)) error {
	w := &wire{stream: stream}
	k, r, err := w.next()
	if err != nil {
		return err
	}
	t := r.target()
	if err := r.end(); err != nil || k != kindOpen {
		return errFrame
	}
	session, err := open(t)
	if err != nil {
		var f fields
		appendError(&f, err)
		return w.send(kindError, f)
	}
	defer session.Close()
	var f fields
	appendOffers(&f, session.Offers())
	if err := w.send(kindOffers, f); err != nil {
		return err
	}
	for {
		k, r, err := w.next()
		switch {
		case err == io.EOF || k == kindQuit:
			return nil
		case err != nil:
			return err
		case k != kindSend:
			return errFrame
		}
		m := r.message()
		if err := r.end(); err != nil {
			return err
		}
		m.Body = func() (io.Reader, int64, error) { return w.body() }
		results, broken := session.Send(m)
		if err := w.drain(); err != nil {
			return err
		}
		if err := w.answer(results, broken); err != nil {
			return err
		}
	}
}

// answer sends the results of a message.
func (w *wire) answer(results []smarthost.Result, broken error) error {
	var f fields
	appendResults(&f, results)
	f.flag(broken != nil)
	if broken != nil {
		appendError(&f, broken)
	}
	return w.send(kindResults, f)
}

// body requests the content of the message.
func (w *wire) body() (io.Reader, int64, error) {
	if err := w.send(kindBody, nil); err != nil {
		return nil, 0, err
	}
	k, r, err := w.next()
	switch {
	case err != nil:
		return nil, 0, unexpected(err)
	case k == kindFail:
		return nil, 0, errContent
	case k != kindSize:
		return nil, 0, errFrame
	}
	size := r.number()
	if err := r.end(); err != nil || size < 0 {
		return nil, 0, errFrame
	}
	w.left = size
	return &content{wire: w}, size, nil
}

// drain reads the content that the session did not want.
func (w *wire) drain() error {
	if w.left == 0 {
		return nil
	}
	_, err := io.Copy(io.Discard, &content{wire: w})
	if errors.Is(err, errContent) {
		return nil
	}
	return err
}

// A content reads data frames.
type content struct {
	wire *wire
	rest []byte
}

func (c *content) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.wire.left == 0 {
			return 0, io.EOF
		}
		k, r, err := c.wire.next()
		switch {
		case err != nil:
			return 0, unexpected(err)
		case k == kindFail:
			c.wire.left = 0
			return 0, errContent
		case k != kindData || len(r.rest) == 0 || int64(len(r.rest)) > c.wire.left:
			return 0, errFrame
		}
		c.wire.left -= int64(len(r.rest))
		c.rest = r.rest
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// errContent is returned when the server could not read its message.
var errContent = errors.New("the server could not read the message")
