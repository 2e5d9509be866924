package transfer

import "io"

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
