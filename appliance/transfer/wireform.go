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
