package smtpd

import "bytes"

const (
	// maxLead is how many octets of a message are held at most until it is decided how the message
	// begins.
	maxLead = 2048
	// maxFieldName is how long the name of a header field may be: a longer text that may still be a
	// name is treated as one.
	maxFieldName = 256
)

// A lead is the beginning of a message, held back until it is decided how the message begins: with
// a header field or the blank line after an empty header, with text that has no header, or with
// separator lines of an mbox file ("From anna@home.arpa Mon Nov 30 13:00:00 2026", ">From ...") in
// front of the header. Scripts and old relays send those. They are not part of the message (RFC
// 4155), and a client would read the whole header as text after one, so they are dropped. If no
// header follows, such a line may be a sentence, and stays.
//
// Usually the first few octets decide. It takes no octet too many: what it has taken never contains
// the end of the data.
type lead struct {
	held    []byte // what was taken, at most maxLead octets
	line    int    // where in held the line that is judged begins; separator lines are before it
	decided bool
	header  bool // the verdict: a header begins at line
}

// take takes octets of src until the beginning of the message is decided, and returns how many.
func (l *lead) take(src []byte) (n int) {
	for n < len(src) && !l.decided {
		l.held = append(l.held, src[n])
		n++
		l.judge()
	}
	return n
}

// judge examines the current line, which has one more octet.
func (l *lead) judge() {
	line := l.held[l.line:]
	last := line[len(line)-1]
	switch {
	case len(l.held) >= maxLead:
		l.decide(false)
	case isSeparator(line):
		switch {
		case last == '\n':
			l.line = len(l.held) // the next line decides
		case last == ':' && len(bytes.TrimRight(line[bytes.IndexByte(line, ' '):len(line)-1], " \t")) == 0:
			l.decide(true) // "From :", as old programs write a field (RFC 5322 §4.5)
		}
	case last == ':':
		l.decide(len(line) > 1)
	case last == '\r', last == '\n':
		l.decide(len(line) == 1)
	case last == ' ', last == '\t':
		if len(line) == 1 {
			l.decide(false)
		}
	case last < ' ', last >= 0x7F, bytes.ContainsAny(line, " \t"):
		l.decide(false) // only blanks are allowed between a name and its colon
	case len(line) >= maxFieldName:
		l.decide(true)
	}
}

// end decides at the end of a message that is no longer than what was taken.
func (l *lead) end() {
	if !l.decided {
		l.decide(len(l.held) == 0)
	}
}

func (l *lead) decide(header bool) { l.decided, l.header = true, header }

// isSeparator reports whether a line begins as a separator of an mbox file.
func isSeparator(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From "))
}

// maxEdited is how long the header of a message that leaves may be, in stored octets: it is held
// until it is whole.
const maxEdited = 64 << 10

// errLongHeader is returned for a header that is longer.
var errLongHeader = refusal{552, "5.6.0", "Header too long for a message to another server"}

// An edit holds the header of a message that leaves back until it is whole, and has it checked and
// perhaps changed.
type edit struct {
	trace  int // octets of ours in front of it
	change func(header []byte) ([]byte, error)
	held   []byte
	done   bool

	octets, stored int64 // by how much the change made the message longer
}

// take takes the next part of the wire form, and returns what is to be written now. last reports
// whether the wire form ends with it.
func (e *edit) take(out []byte, last bool) ([]byte, error) {
	if e.done {
		return out, nil
	}
	e.held = append(e.held, out...)
	end := bytes.Index(e.held, []byte("\r\n\r\n"))
	switch {
	case end >= 0:
		end += len("\r\n")
	case last:
		end = max(len(e.held)-len(".\r\n"), e.trace) // all of it is header
	case len(e.held) > maxEdited:
		return nil, errLongHeader
	default:
		return nil, nil
	}
	e.done = true
	if end > maxEdited {
		return nil, errLongHeader
	}
	end = max(end, e.trace)
	was := e.held[e.trace:end]
	changed, err := e.change(was)
	if err != nil {
		return nil, err
	}
	e.stored = int64(len(changed) - len(was))
	e.octets = e.stored - int64(doubledDots(changed)-doubledDots(was))
	whole := append(append(bytes.Clone(e.held[:e.trace]), changed...), e.held[end:]...)
	e.held = nil
	return whole, nil
}

// doubledDots counts the dots that byte-stuffing has doubled.
func doubledDots(wire []byte) int {
	n := bytes.Count(wire, []byte("\r\n.."))
	if bytes.HasPrefix(wire, []byte("..")) {
		n++
	}
	return n
}
