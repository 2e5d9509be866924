package imapexport

import (
	"bytes"
	"crypto/sha256"
	"hash"
)

// sumFields are the fields that make the sum, in the order in which they count.
var sumFields = [...]string{"Message-ID", "Date", "From", "To", "Subject", "Received"}

// A sum identifies a message, except for others with the same fields.
type sum [16]byte

// A summer makes the sum of a header that is written to it. What follows the header is ignored. The
// zero summer is ready. It has 1 KiB.
type summer struct {
	at    place
	name  []byte // of the field, while it is read
	field int    // index of sumFields plus 1, 0 for another field
	begun bool   // the value has an octet that counts
	space bool   // white space came behind it
	sums  [len(sumFields)]hash.Hash
}

// A place is where in the header a summer is.
type place uint8

const (
	lineStart place = iota
	blankCR         // behind a CR that begins a line
	inName
	inValue
	ended
)

func (s *summer) Write(p []byte) (int, error) {
	for _, b := range p {
		s.octet(b)
	}
	return len(p), nil
}

func (s *summer) octet(b byte) {
	switch s.at {
	case lineStart:
		s.line(b)
	case blankCR:
		if s.at = inValue; b == '\n' {
			s.endField()
			s.at = ended
		}
	case inName:
		switch {
		case b == ':':
			s.field, s.at = fieldNamed(s.name), inValue
		case b == '\n':
			s.at = lineStart
		case len(s.name) < 32:
			s.name = append(s.name, b)
		}
	case inValue:
		if s.value(b); b == '\n' {
			s.at = lineStart
		}
	}
}

// line goes on by the first octet of a line.
func (s *summer) line(b byte) {
	switch b {
	case '\n':
		s.endField()
		s.at = ended
	case '\r':
		s.at = blankCR
	case ' ', '\t':
		s.value(b)
		s.at = inValue
	default:
		s.endField()
		s.name, s.at = append(s.name[:0], b), inName
	}
}

// value goes on by an octet of the value of a field.
func (s *summer) value(b byte) {
	if s.field == 0 {
		return
	}
	if b == ' ' || b == '\t' || b == '\r' || b == '\n' {
		s.space = s.begun
		return
	}
	if b > 0x7f {
		b = 'X'
	}
	one := s.sums[s.field-1]
	if one == nil {
		one = sha256.New()
		s.sums[s.field-1] = one
	}
	if s.space {
		one.Write([]byte{' ', b})
	} else {
		one.Write([]byte{b})
	}
	s.begun, s.space = true, false
}

func (s *summer) endField() {
	if s.field > 0 && s.begun {
		s.sums[s.field-1].Write([]byte{'\n'})
	}
	s.field, s.begun, s.space = 0, false, false
}

// sum returns the sum of the header so far, as if it ended here.
func (s *summer) sum() (out sum) {
	s.endField()
	all := sha256.New()
	for _, one := range s.sums {
		if one == nil {
			all.Write([]byte{0})
		} else {
			all.Write(one.Sum([]byte{1}))
		}
	}
	copy(out[:], all.Sum(nil))
	return out
}

// fieldNamed returns the index of a field plus 1.
func fieldNamed(name []byte) int {
	name = bytes.TrimRight(name, " \t")
	for i, field := range sumFields {
		if bytes.EqualFold(name, []byte(field)) {
			return i + 1
		}
	}
	return 0
}
