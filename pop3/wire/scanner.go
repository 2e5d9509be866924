package wire

// A Shape is what the Scanner has measured of one message: all that a store needs to answer LIST
// and TOP without reading the message again.
type Shape struct {
	// Octets is the size as LIST reports it (RFC 1939 §11): CRLF counted, doubled dots
	// and the closing ".CRLF" not.
	Octets int64
	// Stored is the size in wire form: doubled dots and the closing ".CRLF" included.
	Stored int64
	// Header is how many of the stored bytes are the header with its blank line; without
	// a blank line it is Stored-3, all but the closing ".CRLF".
	Header int64
	// LongestLine is the length of the longest line in octets, CRLF and doubled dot not counted.
	LongestLine int64
	// NUL reports whether the source had a zero octet, which became a space, EightBit whether it
	// had one above 0x7F.
	NUL, EightBit bool
	// Received counts the "Received:" fields of the header (RFC 5321 §6.3, loop detection).
	Received int
}

// A place is the state of a Scanner between two octets of its source.
type place uint8

const (
	afterCRLF  place = iota // at the beginning of a line, or of all
	afterLF                 // at the beginning of a line that follows a bare LF
	inLine                  // after the first octet of a line
	afterCR                 // after a CR whose next octet is not known yet
	afterDot                // after a dot that follows CRLF: transparency, or the end
	afterDotCR              // after that dot and a CR
	ended                   // after the closing ".CRLF"
)

// A Scanner turns what a sender writes after DATA into wire form, in one pass over whole
// buffers, and measures it. Its state survives any split of the source over calls. The zero
// Scanner is ready for use; one Scanner is for one message.
//
// A bare LF becomes CRLF. A CR that is not followed by LF and a zero octet become a space each: no
// message may hold them (RFC 5321 §2.3.8, RFC 5322 §2.2, §4.1), and Outlook hangs on a message with
// a zero octet. Everything that enters the store passes through here (DATA, BDAT, LMTP, import), so
// this ensures that no client receives one. The message is not refused, because printers pad their
// lines with zero octets, and their mail must not be lost.
type Scanner struct {
	at    place
	shape Shape

	line    int64 // octets of the unfinished line, doubled dot not counted
	doubled int64 // dots that were doubled so far
	blank   bool  // whether the blank line that ends the header was seen
	matched uint8 // how many octets at the beginning of this line spell "received:"
}

// Scan appends the wire form of src to dst: at most 2*len(src)+3 octets. n is how many octets of
// src were consumed. done reports the end of the data, which is CRLF.CRLF only, or ".CRLF" as the
// first octets: then the wire form is complete, and src[n:] is the next command.
func (s *Scanner) Scan(dst, src []byte) (out []byte, n int, done bool) {
	for n < len(src) && s.at != ended {
		dst, n = s.step(dst, src, n, true)
	}
	return dst, n, s.at == ended
}

// ScanRaw appends the wire form of src to dst: at most 2*len(src)+3 octets. src is content as
// it is, without byte-stuffing and end mark (BDAT, head lines, local programs).
func (s *Scanner) ScanRaw(dst, src []byte) []byte {
	for n := 0; n < len(src) && s.at != ended; {
		dst, n = s.step(dst, src, n, false)
	}
	return dst
}

// Close appends what raw content still needs: a final CRLF where one is missing, and ".CRLF".
// After Scan's done they are there already, and Close does nothing.
func (s *Scanner) Close(dst []byte) []byte {
	if s.at == afterCR {
		dst = s.space(dst)
	}
	if s.at == inLine {
		dst = s.endLine(dst, afterCRLF)
	}
	return s.end(dst)
}

// Shape returns what was measured so far.
func (s *Scanner) Shape() Shape {
	m := s.shape
	m.Octets += s.line
	m.LongestLine = max(m.LongestLine, s.line)
	m.Stored = m.Octets + s.doubled
	if !s.blank {
		m.Header = m.Stored
	}
	if s.at == ended {
		m.Stored += int64(len(endMark))
	}
	return m
}

const endMark = ".\r\n"

// step scans src[n:], which is not empty, to the next place. If stuffed, the source is byte-stuffed
// and may end.
func (s *Scanner) step(dst, src []byte, n int, stuffed bool) ([]byte, int) {
	switch s.at {
	case afterCRLF:
		if src[n] == '.' && stuffed {
			s.at = afterDot
			return dst, n + 1
		}
		return s.beginLine(dst, src[n]), n
	case afterLF:
		return s.beginLine(dst, src[n]), n
	case afterCR:
		if src[n] == '\n' {
			return s.endLine(dst, afterCRLF), n + 1
		}
		return s.space(dst), n
	case afterDot:
		return s.dot(dst, src, n)
	case afterDotCR:
		if src[n] == '\n' {
			return s.end(dst), n + 1
		}
		return s.space(dst), n // transparency has added the dot, and the CR is a stray one
	}
	return s.run(dst, src, n)
}

// beginLine starts a line whose first octet is c, which it does not append.
func (s *Scanner) beginLine(dst []byte, c byte) []byte {
	s.at = inLine
	if c == '.' {
		dst = append(dst, '.')
		s.doubled++
	}
	return dst
}

// dot scans the octet after a dot that follows CRLF.
func (s *Scanner) dot(dst, src []byte, n int) ([]byte, int) {
	switch src[n] {
	case '\r':
		s.at = afterDotCR
		return dst, n + 1
	case '\n':
		// A single dot that does not end the data: a sender that ends lines in LF does not stuff
		// them, so it is content.
		dst = append(s.beginLine(dst, '.'), '.')
		s.line = 1
		return s.endLine(dst, afterLF), n + 1
	}
	return s.beginLine(dst, src[n]), n // transparency (RFC 5321 §4.5.2) has added the dot
}

// run scans from within a line. What needs no change it appends at once, over the ends of lines.
func (s *Scanner) run(dst, src []byte, from int) ([]byte, int) {
	for n := from; ; {
		k, eightBit := plain(src[n:])
		s.shape.EightBit = s.shape.EightBit || eightBit
		if !s.blank {
			s.match(src[n : n+k])
		}
		s.line += int64(k)
		n += k
		switch {
		case n == len(src):
			return append(dst, src[from:]...), n
		case src[n] == '\n':
			return s.endLine(append(dst, src[from:n]...), afterLF), n + 1
		case src[n] == '\r' && n+1 < len(src) && src[n+1] == '\n':
			s.countLine()
			if n += 2; s.blank {
				n += s.body(src[n:])
			}
			if n == len(src) || src[n] == '.' {
				s.at = afterCRLF
				return append(dst, src[from:n]...), n
			}
		case src[n] == '\r' && n+1 == len(src):
			s.at = afterCR
			return append(dst, src[from:n]...), n + 1
		case src[n] == '\r' || src[n] == 0:
			s.shape.NUL = s.shape.NUL || src[n] == 0
			dst = s.space(append(dst, src[from:n]...))
			n++
			from = n
		default:
			s.line++
			n++
		}
	}
}

// body returns how many octets at the beginning of src, which is at the beginning of a line of the
// body, are whole lines that need no change, and counts those.
func (s *Scanner) body(src []byte) int {
	n, longest, eightBit := lines(src)
	s.shape.Octets += int64(n)
	s.shape.LongestLine = max(s.shape.LongestLine, int64(longest))
	s.shape.EightBit = s.shape.EightBit || eightBit
	return n
}

// space appends the space that a stray CR or a zero octet becomes.
func (s *Scanner) space(dst []byte) []byte {
	s.at = inLine
	s.line++
	return append(dst, ' ')
}

// endLine ends the line, however the source has ended it.
func (s *Scanner) endLine(dst []byte, at place) []byte {
	s.countLine()
	s.at = at
	return append(dst, '\r', '\n')
}

// countLine counts a line that has ended.
func (s *Scanner) countLine() {
	s.shape.Octets += s.line + 2
	s.shape.LongestLine = max(s.shape.LongestLine, s.line)
	if s.line == 0 && !s.blank {
		s.blank = true
		s.shape.Header = s.shape.Octets + s.doubled
	}
	s.line, s.matched = 0, 0
}

// end closes the wire form.
func (s *Scanner) end(dst []byte) []byte {
	if s.at == ended {
		return dst
	}
	s.at = ended
	return append(dst, endMark...)
}

// match counts the line if it begins with "Received:". text may be any part of that.
func (s *Scanner) match(text []byte) {
	const name = "RECEIVED:"
	if int64(s.matched) != s.line {
		return // it does not begin so, or is counted already
	}
	for _, c := range text[:min(len(text), len(name)-int(s.matched))] {
		if upper(c) != name[s.matched] {
			return
		}
		if s.matched++; int(s.matched) == len(name) {
			s.shape.Received++
		}
	}
}
