package archive

import (
	"bufio"
	"bytes"
	"io"
)

// A piece is a line, or a part of one that is longer than the buffer.
type piece struct {
	raw          []byte // valid until the next call
	text         []byte // raw without the line end
	starts, ends bool   // whether it begins a line, and whether raw has the line end
}

// A splitter splits a file into pieces: 32 KiB.
type splitter struct {
	in  *bufio.Reader
	cr  bool // a CR alone ends a line, too
	mid bool // within a line
}

func newSplitter(r io.Reader, cr bool) *splitter {
	return &splitter{in: bufio.NewReaderSize(r, 32<<10), cr: cr}
}

// next returns the next piece, or io.EOF.
func (s *splitter) next() (piece, error) {
	split := s.splitLF
	if s.cr {
		split = s.splitCR
	}
	raw, text, ends, err := split()
	if err != nil {
		return piece{}, err
	}
	p := piece{raw, text, !s.mid, ends}
	s.mid = !ends
	return p, nil
}

func (s *splitter) splitLF() (raw, text []byte, ends bool, err error) {
	raw, err = s.in.ReadSlice('\n')
	if len(raw) == 0 || err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, nil, false, err
	}
	if err != nil {
		return raw, raw, false, nil
	}
	return raw, bytes.TrimRight(raw, "\r\n"), true, nil
}

func (s *splitter) splitCR() (raw, text []byte, ends bool, err error) {
	n := max(s.in.Buffered(), 1)
	buf, err := s.in.Peek(n)
	end := bytes.IndexAny(buf, "\r\n")
	// There is no line end, or one that may continue.
	for err == nil && n < s.in.Size() && (end < 0 || end+1 == len(buf)) {
		n = max(s.in.Buffered(), n+1)
		buf, err = s.in.Peek(n)
		end = bytes.IndexAny(buf, "\r\n")
	}
	if err != nil && err != io.EOF {
		return nil, nil, false, err
	}
	switch {
	case len(buf) == 0:
		return nil, nil, false, io.EOF
	case end < 0:
		raw, text = buf, buf
	case end > 0 && end+1 == len(buf) && err == nil: // the line end is in the next piece
		raw, text = buf[:end], buf[:end]
	default:
		raw, text, ends = buf[:end+1], buf[:end], true
		if bytes.HasPrefix(buf[end:], []byte("\r\n")) {
			raw = buf[:end+2]
		}
	}
	_, err = s.in.Discard(len(raw))
	return raw, text, ends, err
}

// endsInCR reports whether the first line of a text ends in a CR alone, as old Macintosh programs
// end lines.
func endsInCR(start []byte) bool {
	at := bytes.IndexAny(start, "\r\n")
	return at >= 0 && start[at] == '\r' && at+1 < len(start) && start[at+1] != '\n'
}

// A crReader ends each line in LF, whether CR, LF or CRLF ended it.
type crReader struct {
	from  io.Reader
	after bool // a CR
}

func (r *crReader) Read(p []byte) (int, error) {
	for {
		n, err := r.from.Read(p)
		out := p[:0]
		for _, c := range p[:n] {
			switch {
			case c == '\r':
				out = append(out, '\n')
			case c != '\n' || !r.after:
				out = append(out, c)
			}
			r.after = c == '\r'
		}
		if len(out) > 0 || err != nil || len(p) == 0 {
			return len(out), err
		}
	}
}
