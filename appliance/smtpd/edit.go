package smtpd

import "bytes"

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
