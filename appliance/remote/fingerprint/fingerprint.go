// Package fingerprint recognizes a message by its header, for when a provider has renumbered a
// mailbox: the names by which it calls its messages have changed, and the messages have not.
//
// A fingerprint is made of the first field of each of the names Message-ID, Date, From and Subject.
// White space is one space, and octets above 127 are equal, because servers replace both.
//
// In a header without Message-ID the first Received field takes its place. That is enough to see
// that the message of a name is still the same one, but nothing is recognized by it: another one
// could have come in the same second, and a message that comes twice is better than one that is
// lost. A header without both has no fingerprint.
//
// The last bit of a fingerprint says which of the two it is. Fingerprints from before it had that
// meaning are compared without it.
//
// # Invariants
//
//	F1  However the header is cut into writes, and whether its lines end in CRLF or LF, the
//	    fingerprint is the same.
//	F2  A Writer takes 1 KiB, whatever is written to it.
package fingerprint

import (
	"crypto/sha256"
	"hash"
	"strings"
)

// A Sum is the fingerprint of a message. The zero Sum equals no other.
type Sum [12]byte

// byTrace is the bit of the last octet that a Sum without Message-ID has.
const byTrace = 1

// Identifies reports whether the message has a Message-ID, so that it can be recognized among
// others. Otherwise the Sum can only be compared with the Sum of the same message.
func (s Sum) Identifies() bool { return s != Sum{} && s[len(s)-1]&byTrace == 0 }

// Common returns the Sum without that bit, so that one from before it was set equals a new one.
func (s Sum) Common() Sum {
	s[len(s)-1] &^= byTrace
	return s
}

// Same reports whether two Sums are those of one message.
func (s Sum) Same(other Sum) bool {
	return s != Sum{} && other != Sum{} && s.Common() == other.Common()
}

// Fields are the names of the fields that count, in their order. The last one counts in a header
// without the first one only.
var Fields = [...]string{"Message-ID", "Date", "From", "Subject", "Received"}

// mostDate bounds a date that a Writer keeps, in octets.
const mostDate = 80

// A Writer makes the sum of a header that is written to it; what follows the header is ignored. The
// zero Writer is ready.
type Writer struct {
	at    place
	name  []byte // of the field, while it is read
	field int    // index of Fields plus 1; 0: the field does not count
	begun bool   // the value has an octet that counts
	space bool   // white space came behind it
	sums  [len(Fields)]hash.Hash
	date  []byte
	stamp []byte // of the first field Received, behind its last semicolon
}

// A place is where in the header a Writer is.
type place uint8

const (
	lineStart place = iota
	blankCR         // behind a CR that begins a line
	inName
	inValue
	ended
)

// Write takes the next octets of a message. It never fails.
func (w *Writer) Write(p []byte) (int, error) {
	for _, b := range p {
		if w.at == ended {
			break
		}
		w.octet(b)
	}
	return len(p), nil
}

// Ended reports whether the end of the header was written.
func (w *Writer) Ended() bool { return w.at == ended }

func (w *Writer) octet(b byte) {
	switch w.at {
	case lineStart:
		w.line(b)
	case blankCR:
		if w.at = inValue; b == '\n' {
			w.field, w.at = 0, ended
		}
	case inName:
		switch {
		case b == ':':
			w.begin()
		case b == '\n':
			w.at = lineStart
		case len(w.name) < 32:
			w.name = append(w.name, b)
		}
	case inValue:
		if w.value(b); b == '\n' {
			w.at = lineStart
		}
	}
}

// line goes on with the first octet of a line.
func (w *Writer) line(b byte) {
	switch b {
	case '\n':
		w.field, w.at = 0, ended
	case '\r':
		w.at = blankCR
	case ' ', '\t':
		w.value(b)
		w.at = inValue
	default:
		w.field = 0
		w.name, w.at = append(w.name[:0], b), inName
	}
}

// begin begins the value of a field.
func (w *Writer) begin() {
	w.at, w.field, w.begun, w.space = inValue, 0, false, false
	name := strings.TrimRight(string(w.name), " \t")
	for i, field := range Fields {
		if strings.EqualFold(name, field) && w.sums[i] == nil {
			w.field, w.sums[i] = i+1, sha256.New()
		}
	}
}

// value goes on with an octet of the value of a field.
func (w *Writer) value(b byte) {
	if w.field == 0 {
		return
	}
	if b == ' ' || b == '\t' || b == '\r' || b == '\n' {
		w.space = w.begun
		return
	}
	if b > 0x7f {
		b = 'X'
	}
	if w.space {
		w.put(' ')
	}
	w.put(b)
	w.begun, w.space = true, false
}

func (w *Writer) put(b byte) {
	w.sums[w.field-1].Write([]byte{b})
	switch name := Fields[w.field-1]; {
	case name == "Date" && len(w.date) < mostDate:
		w.date = append(w.date, b)
	case name == "Received" && b == ';':
		w.stamp = w.stamp[:0]
	case name == "Received" && len(w.stamp) < mostDate:
		w.stamp = append(w.stamp, b)
	}
}

// Sum returns the fingerprint of the header so far. ok is false for a header without Message-ID
// and Received.
func (w *Writer) Sum() (sum Sum, ok bool) {
	const trace = len(Fields) - 1
	counted := w.sums[:trace]
	if w.sums[0] == nil {
		if w.sums[trace] == nil {
			return Sum{}, false
		}
		counted = w.sums[:]
	}
	all := sha256.New()
	for _, one := range counted {
		if one == nil {
			all.Write([]byte{0})
		} else {
			all.Write(one.Sum([]byte{1}))
		}
	}
	copy(sum[:], all.Sum(nil))
	sum[len(sum)-1] &^= byTrace
	if w.sums[0] == nil {
		sum[len(sum)-1] |= byTrace
	}
	return sum, true
}

// Date returns the value of the field Date, "" if there is none.
func (w *Writer) Date() string { return string(w.date) }

// Received returns the date of the first field Received, which the last server has written
// (RFC 5321 §4.4); any text if there is none.
func (w *Writer) Received() string { return strings.TrimSpace(string(w.stamp)) }
