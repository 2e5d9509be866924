package popclient

import (
	"bytes"
	"io"
	"math"

	"pillarbox/appliance/remote/session"
)

// Header writes the header of a message, by TOP.
func (c *Client) Header(ref uint64, to io.Writer) error {
	return c.content("TOP", ref, " 0", session.MostHeader, to)
}

// Fetch writes a message, by RETR, which sends it from its first octet only.
func (c *Client) Fetch(ref uint64, from int64, to io.Writer) error {
	if from > 0 {
		return session.ErrNoRange
	}
	return c.content("RETR", ref, "", math.MaxInt64, to)
}

// content sends a command about a message and writes the content of its reply, of most octets.
// After an error of the writer the session cannot go on, because the rest of the content is under
// way.
func (c *Client) content(what string, ref uint64, rest string, most int64, to io.Writer) error {
	if err := c.about(what, ref, rest); err != nil {
		return err
	}
	var d dots
	for {
		block, err := c.in.Block()
		if err != nil {
			return c.die(err)
		}
		block = block[:min(len(block), len(c.text)-4)]
		text, n, done := d.decode(c.text[:0], block)
		if most -= int64(len(text)); most < 0 {
			return c.die(session.Errorf(session.Protocol, "the server breaks the protocol: the reply to %s is too long", what))
		}
		if len(text) > 0 {
			if _, err := to.Write(text); err != nil {
				return c.die(err)
			}
		}
		c.in.Advance(n)
		if done {
			return nil
		}
	}
}

// Delete marks messages. The server deletes them at Close.
func (c *Client) Delete(refs []uint64) error {
	for _, ref := range refs {
		if err := c.about("DELE", ref, ""); err != nil {
			return err
		}
	}
	return nil
}

// dots takes the byte-stuffing out of a reply of several lines (RFC 1939 §3). Only CRLF ends a
// line: a dot behind a bare LF is content. The zero value is at the beginning of the content.
type dots struct{ at place }

// A place is where in the content the decoder is.
type place uint8

const (
	lineStart place = iota // behind CRLF, or at the beginning
	inLine
	afterCR    // in a line, behind a CR
	afterDot   // behind a dot at the beginning of a line, which is not yet written
	afterDotCR // behind that dot and a CR, which is not yet written
)

// decode appends the content in src to dst, at most len(src)+2 octets. n is how many octets of src
// belong to the content; done says that its end was among them.
func (d *dots) decode(dst, src []byte) (out []byte, n int, done bool) {
	for n < len(src) {
		b := src[n]
		switch d.at {
		case lineStart:
			if b == '.' {
				d.at = afterDot
				n++
				continue
			}
			d.at = inLine
		case afterDot:
			if b == '\r' {
				d.at = afterDotCR
				n++
				continue
			}
			d.at = inLine // the dot was stuffing
		case afterDotCR:
			if b == '\n' {
				return dst, n + 1, true
			}
			dst = append(dst, '\r') // the dot was stuffing, the CR is content
			d.at = afterCR
		}
		if d.at == afterCR && b == '\n' {
			dst, d.at = append(dst, b), lineStart
			n++
			continue
		}
		dst, n = d.run(dst, src, n)
	}
	return dst, n, false
}

// run appends the rest of a line, or of src, as far as a CR.
func (d *dots) run(dst, src []byte, n int) ([]byte, int) {
	text := src[n:]
	if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
		d.at = afterCR
		return append(dst, text[:cr+1]...), n + cr + 1
	}
	d.at = inLine
	return append(dst, text...), n + len(text)
}
