package pop3

import (
	"pillarbox/pop3/conn"
	"pillarbox/pop3/downgrade"
	"pillarbox/pop3/wire"
)

// topPiece is how much TOP reads at a time; a part of it may turn out to be too much.
const topPiece = 4 << 10

// toRewrite returns a reader of the header of a message, at the first field that is rewritten
// because the client did not say UTF8. It returns nil if the header is sent as it is stored: the
// client said UTF8, or no field has UTF-8 in it.
func (m *openMaildrop) toRewrite(body Body) (*downgrade.Reader, error) {
	if m.utf8 {
		return nil, nil
	}
	size := body.HeaderSize()
	if eightBit, err := eightBit(m.conn, body, size); err != nil || !eightBit {
		return nil, err
	}
	r := downgrade.NewReader(body, size)
	if change, err := r.Next(); err != nil || !change {
		return nil, err
	}
	return r, nil
}

// rewrite sends the header of a message up to the last field that is rewritten. It returns the
// offset from which the message is sent as it is stored. One field is in memory, and its ASCII
// form.
func rewrite(c *conn.Conn, body Body, r *downgrade.Reader) (at int64, err error) {
	for change := true; change; {
		from, to := r.Range()
		if err := c.Copy(body, at, from); err != nil {
			return at, err
		}
		if err := c.Write(r.Append(nil)); err != nil {
			return at, err
		}
		at = to
		if change, err = r.Next(); err != nil {
			return at, err
		}
	}
	return at, nil
}

// eightBit reports whether an octet above 0x7F is among the first size octets of body. The header
// is read into the free part of the reply buffer and is not kept there: a header in ASCII, which
// most are, takes one read and no memory.
func eightBit(c *conn.Conn, body Body, size int64) (bool, error) {
	c.Room(int(min(size, topPiece))) // one read is enough for most headers
	for at := int64(0); at < size; {
		piece, err := c.Fill(body, at, size-at)
		if err != nil {
			return false, err
		}
		if wire.EightBit(piece) {
			return true, nil
		}
		at += int64(len(piece))
	}
	return false, nil
}
