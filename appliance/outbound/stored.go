package outbound

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/spool"
)

// maxHeader is how much of a header is looked at and returned.
const maxHeader = 16 << 10

// A stored message is the queued message of a parcel, opened.
type stored struct {
	spooled *spool.Message
	skip    int64 // octets of the head that is not sent
	octets  int64
	header  []byte // in wire form, whole lines, at most maxHeader octets
	beyond  bool   // the header is not ASCII
}

// open opens the message of a parcel by its first recipient: what follows the heads is the same for
// all.
func (q *Queue) open(v *spool.View, p *parcel, to []*recipient) (*stored, error) {
	q.mu.Lock()
	n, skip := to[0].n, int64(to[0].size)
	q.mu.Unlock()
	if n == 0 {
		return nil, spool.ErrGone
	}
	m, err := v.Message(n)
	if err != nil {
		return nil, err
	}
	s := &stored{spooled: m, skip: skip, octets: p.octets}
	s.header = make([]byte, min(maxHeader, max(m.HeaderSize()-skip, 0)))
	if _, err := m.ReadAt(s.header, skip); err != nil && err != io.EOF {
		m.Close()
		return nil, err
	}
	s.header = s.header[:bytes.LastIndexByte(s.header, '\n')+1]
	for _, c := range s.header {
		s.beyond = s.beyond || c >= utf8.RuneSelf
	}
	return s, nil
}

func (s *stored) close() { s.spooled.Close() }

// message returns what the session sends.
func (s *stored) message(from string, to []*recipient) *smarthost.Message {
	m := &smarthost.Message{
		From: from, Octets: s.octets, UTF8: s.beyond,
		Return: to[0].head.Wishes.Return, EnvelopeID: to[0].head.Wishes.EnvelopeID,
		Body: func() (io.Reader, int64, error) {
			size := s.spooled.Size() - s.skip
			if size < 3 {
				return nil, 0, fmt.Errorf("%w: a message of %d octets", spool.ErrDamaged, size)
			}
			return io.NewSectionReader(s.spooled, s.skip, size), size, nil
		},
	}
	for _, r := range to {
		m.To = append(m.To, smarthost.Recipient{Address: r.head.To, Notify: r.head.Wishes.Notify, Original: r.head.Wishes.Original})
	}
	return m
}

// plainHeader returns the header without byte-stuffing and without its blank line.
func (s *stored) plainHeader() []byte {
	return bytes.TrimSuffix(bytes.ReplaceAll(s.header, []byte("\r\n.."), []byte("\r\n.")), []byte("\r\n\r\n"))
}
