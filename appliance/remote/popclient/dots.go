package popclient

import "bytes"

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
