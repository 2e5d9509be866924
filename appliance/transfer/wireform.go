package transfer

import (
	"io"

	"pillarbox/pop3/wire"
)

// Piece is how many octets of a content are copied at once.
const Piece = 32 << 10

// OctetsOf returns the size of a content as POP3 lists it, and as Taker.Wants is called with.
func OctetsOf(content io.Reader) (int64, error) {
	shape, err := WireForm(io.Discard, content)
	return shape.Octets, err
}

// WireForm writes a content in wire form.
func WireForm(to io.Writer, from io.Reader) (wire.Shape, error) {
	var scanner wire.Scanner
	src, dst := make([]byte, Piece/4), make([]byte, 0, Piece/2+8)
	for {
		n, err := from.Read(src)
		if err != nil && err != io.EOF {
			return wire.Shape{}, err
		}
		dst = scanner.ScanRaw(dst[:0], src[:n])
		if err == io.EOF {
			dst = scanner.Close(dst)
		}
		if _, failed := to.Write(dst); failed != nil {
			return wire.Shape{}, failed
		}
		if err == io.EOF {
			return scanner.Shape(), nil
		}
	}
}

// Copy copies a stream with a buffer of its own, whatever else the two ends can do.
func Copy(to io.Writer, from io.Reader) (int64, error) {
	return io.CopyBuffer(onlyWriter{to}, onlyReader{from}, make([]byte, Piece))
}

// onlyWriter hides a ReaderFrom, and onlyReader a WriterTo, which would bring a buffer of its own.
type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)

// A Plain writes to another writer, from wire form, the content that it was made of: without
// byte-stuffing and closing line, with lines that end in LF.
type Plain struct {
	To io.Writer
	at place // zero at the beginning
}

// A place is where in its line a Plain stands.
type place uint8

const (
	lineStart place = iota
	inLine
	behindDot // at the beginning of a line: doubled, or the end
	behindEnd
)

// Write takes the next octets in wire form, in which CR stands before LF only.
func (p *Plain) Write(b []byte) (int, error) {
	from := 0 // what is not yet written begins here
	flush := func(end int) (err error) {
		if end > from {
			_, err = p.To.Write(b[from:end])
		}
		return err
	}
	for i, o := range b {
		switch p.at {
		case behindEnd:
			return len(b), nil
		case lineStart:
			p.at = inLine
			if o == '.' {
				p.at = behindDot
				if err := flush(i); err != nil {
					return 0, err
				}
				from = i + 1
				continue
			}
		case behindDot:
			p.at = inLine
			if o == '\r' {
				p.at = behindEnd
				return len(b), nil
			}
		}
		switch o {
		case '\r':
			if err := flush(i); err != nil {
				return 0, err
			}
			from = i + 1
		case '\n':
			p.at = lineStart
		}
	}
	return len(b), flush(len(b))
}
