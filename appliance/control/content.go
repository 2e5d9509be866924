package control

import "io"

// A plain writes to another writer what it is given in wire form, as the content that it was made of: without byte-stuffing and
// closing line, its lines ended by LF. The zero place is the beginning.
type plain struct {
	to io.Writer
	at place
}

// A place is where in its line a plain stands.
type place uint8

const (
	lineStart place = iota
	inLine
	behindDot // at the beginning of a line: doubled, or the end
	behindEnd
)

// Write takes the next octets in wire form, in which CR stands before LF only.
func (c *plain) Write(p []byte) (int, error) {
	from := 0 // what is not yet written begins here
	flush := func(end int) (err error) {
		if end > from {
			_, err = c.to.Write(p[from:end])
		}
		return err
	}
	for i, b := range p {
		switch c.at {
		case behindEnd:
			return len(p), nil
		case lineStart:
			c.at = inLine
			if b == '.' {
				c.at = behindDot
				if err := flush(i); err != nil {
					return 0, err
				}
				from = i + 1
				continue
			}
		case behindDot:
			c.at = inLine
			if b == '\r' {
				c.at = behindEnd
				return len(p), nil
			}
		}
		switch b {
		case '\r':
			if err := flush(i); err != nil {
				return 0, err
			}
			from = i + 1
		case '\n':
			c.at = lineStart
		}
	}
	return len(p), flush(len(p))
}
