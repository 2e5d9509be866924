package imapexport

import (
	"bytes"
	"io"

	"pillarbox/appliance/transfer"
)

// longestHeader bounds a header in octets. It is held until the sum of it is known.
const longestHeader = 256 << 10

// Wants returns true for each message: only the header shows whether the folder has it.
func (m *Mailbox) Wants(_ string, octets int64) bool {
	m.octets = octets
	return true
}

// Take sends a message, unless the folder has it. Finish waits for the answer.
func (m *Mailbox) Take(uid string, o transfer.Origin, content io.Reader) error {
	var s summer
	var header bytes.Buffer
	_, err := io.Copy(&header, io.LimitReader(&headerReader{content, &s}, longestHeader))
	if err != nil {
		return err
	}
	if header.Len() >= longestHeader {
		m.Refused = append(m.Refused, uid+": its header is too long to be compared with those that are there")
		return nil
	}
	is := s.sum()
	if m.had[is] > 0 {
		m.had[is]--
		m.Skipped++
		return nil
	}
	return m.send(uid, is, o, io.MultiReader(&header, content))
}

// Damaged notes a message that does not verify.
func (m *Mailbox) Damaged(uid string) { m.Bad = append(m.Bad, uid) }

// A headerReader reads a message until the summer has its header, and some octets behind it.
type headerReader struct {
	from io.Reader
	to   *summer
}

func (r *headerReader) Read(p []byte) (int, error) {
	if r.to.at == ended {
		return 0, io.EOF
	}
	n, err := r.from.Read(p)
	r.to.Write(p[:n])
	return n, err
}
