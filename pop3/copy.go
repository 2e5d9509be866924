package pop3

import (
	"bytes"
	"io"
)

// sendBody sends the stored bytes from at on, and returns how far it came: not to their end when the session dozes. Large
// ones in files go from there to the socket by the kernel; all others are read beside the replies that
// are gathered already.
func (d *dialogue) sendBody(body Body, at int64) (int64, error) {
	if d.tcp != nil && body.Size() >= sendfileMin {
		if extents := body.Extents(); extents != nil {
			return d.sendExtents(body, extents, at)
		}
	}
	return d.copyBy(body, at, body.Size(), d.drain)
}

// copy sends stored bytes from…to through the buffer, in pieces as large as it.
func (d *dialogue) copy(body io.ReaderAt, from, to int64) error {
	_, err := d.copyBy(body, from, to, d.flush)
	return err
}

// copyBy is copy that sends the full buffer by flush or drain. It returns how far it came.
func (d *dialogue) copyBy(body io.ReaderAt, at, to int64, send func() error) (int64, error) {
	for at < to {
		if d.gathered == gatherSize || d.left != nil {
			if err := send(); err != nil {
				return at, err
			}
		}
		piece, err := d.fill(body, at, to-at)
		if err != nil {
			return at, err
		}
		d.gathered += len(piece)
		at += int64(len(piece))
	}
	return at, d.err
}

// copyLines sends the header, or where it is not nil what to send in its place, and so many
// lines behind it. Stuffed dots stay: the client takes them away.
func (d *dialogue) copyLines(body Body, header []byte, lines int64) error {
	at, stop := body.HeaderSize(), body.Size()-int64(len(end))
	err := d.write(header)
	if header == nil {
		err = d.copy(body, 0, at)
	}
	if err != nil {
		return err
	}
	for lines > 0 && at < stop {
		piece, err := d.fill(body, at, min(stop-at, topPiece))
		if err != nil {
			return err
		}
		var found int64
		piece, found = cutLines(piece, lines)
		lines -= found
		d.gathered += len(piece)
		at += int64(len(piece))
	}
	return d.err
}

// write gathers octets that are in memory already.
func (d *dialogue) write(b []byte) error {
	for len(b) > 0 && d.err == nil {
		if d.gathered == gatherSize {
			d.flush()
		}
		d.take()
		n := copy(d.out[d.gathered:], b)
		d.gathered += n
		b = b[n:]
	}
	return d.err
}

// topPiece is how much TOP reads at a time, of which a part may turn out to be too much.
const topPiece = 4 << 10

// cutLines returns the part of b that ends with its last line, or all of b when it holds
// fewer lines, and how many lines end there.
func cutLines(b []byte, lines int64) ([]byte, int64) {
	if n := int64(bytes.Count(b, newline)); n < lines {
		return b, n
	}
	at := 0
	for range lines {
		at += bytes.IndexByte(b[at:], '\n') + 1
	}
	return b[:at], lines
}

var newline = []byte{'\n'}

// fill reads at most want stored bytes behind what is gathered, and returns them; the caller
// gathers them or a part. A full buffer is sent first.
func (d *dialogue) fill(body io.ReaderAt, from, want int64) ([]byte, error) {
	if d.gathered == gatherSize {
		d.flush()
	}
	if d.err != nil {
		return nil, d.err
	}
	d.take()
	piece := d.out[d.gathered:min(int64(gatherSize), int64(d.gathered)+want)]
	n, err := body.ReadAt(piece, from)
	if n == len(piece) {
		return piece, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// A place is one among the replies, to take back what was gathered after it.
type place struct {
	sent     int64
	gathered int
}

// place returns the one behind what is gathered now, with room for a line.
func (d *dialogue) place() place {
	d.room()
	return place{d.sent, d.gathered}
}

// takeBack forgets what was gathered since p, unless a part of it has left.
func (d *dialogue) takeBack(p place) bool {
	if d.sent != p.sent {
		return false
	}
	d.gathered = p.gathered
	return true
}
