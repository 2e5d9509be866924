package sendmail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

const (
	longestHeader = 256 << 10 // octets; a letter to thousands fits
	heldInMemory  = 256 << 10 // octets of the body; the rest goes to a file
)

// A Letter is what came by standard input.
type Letter struct {
	header []field
	body   held
	octets int64 // of all that came, each end of a line counted as CRLF
}

// A field is one field of the header as it stands, its lines ended by CRLF.
type field struct {
	name string // without the colon, as it was written
	text []byte // all of it
}

// Close gives back what holds the letter.
func (l *Letter) Close() { l.body.close() }

// collect reads a letter to its end: of the input, or, unless keepDots, a line with a dot alone. A letter of more
// than max octets is ExUnavailable; 0 is no limit.
func collect(input io.Reader, keepDots bool, max int64) (*Letter, error) {
	c := &collector{in: bufio.NewReaderSize(input, 16<<10), keepDots: keepDots, max: max, letter: &Letter{}}
	err := c.header()
	if err == nil {
		err = c.body()
	}
	if err != nil {
		c.letter.Close()
		return nil, err
	}
	return c.letter, nil
}

type collector struct {
	in       *bufio.Reader
	keepDots bool
	max      int64
	letter   *Letter
	over     bool // the end was seen
	inLine   bool // the last piece did not end its line
}

// piece returns a line with its LF, or as much of one as the buffer holds; nil at the end.
func (c *collector) piece() ([]byte, error) {
	if c.over {
		return nil, nil
	}
	piece, err := c.in.ReadSlice('\n')
	switch {
	case err == nil, errors.Is(err, bufio.ErrBufferFull):
	case errors.Is(err, io.EOF):
		c.over = true
	default:
		return nil, fail(ExIOErr, "standard input: %v", err)
	}
	if text := bytes.TrimRight(piece, "\r\n"); !c.inLine && !c.keepDots && string(text) == "." {
		c.over = true
		return nil, nil
	}
	c.inLine = len(piece) > 0 && piece[len(piece)-1] != '\n'
	if len(piece) == 0 {
		return nil, nil
	}
	c.letter.octets += wireOctets(piece)
	if c.max > 0 && c.letter.octets > c.max {
		return nil, fail(ExUnavailable, "the letter is larger than the %d octets that the box takes", c.max)
	}
	return piece, nil
}

// header reads fields up to the blank line, or up to the first line that is none: then that is the body already.
func (c *collector) header() error {
	for first := true; ; first = false {
		line, err := c.headerLine()
		if err != nil || line == nil {
			return err
		}
		text := bytes.TrimRight(line, "\r\n")
		fields := c.letter.header
		name := fieldName(text)
		switch {
		case len(text) == 0:
			return nil
		case first && (bytes.HasPrefix(text, []byte("From ")) || bytes.HasPrefix(text, []byte(">From "))):
			// the separator of an mbox: some programs begin with it
		case (text[0] == ' ' || text[0] == '\t') && len(fields) > 0:
			last := &fields[len(fields)-1]
			last.text = append(append(last.text, text...), "\r\n"...)
		case name != "":
			c.letter.header = append(fields, field{name, append(bytes.Clone(text), "\r\n"...)})
		default:
			return c.letter.body.write(line)
		}
	}
}

// headerLine returns a whole line, nil at the end.
func (c *collector) headerLine() (line []byte, err error) {
	for {
		piece, err := c.piece()
		if err != nil || piece == nil {
			return line, err
		}
		line = append(line, piece...)
		switch {
		case c.letter.octets > longestHeader:
			return nil, fail(ExDataErr, "the header has no end within %d octets; a blank line ends it", longestHeader)
		case !c.inLine:
			return line, nil
		}
	}
}

// body reads the rest.
func (c *collector) body() error {
	for {
		piece, err := c.piece()
		if err != nil || piece == nil {
			return err
		}
		if err := c.letter.body.write(piece); err != nil {
			return err
		}
	}
}

// fieldName returns the name of the field that a line begins, "" if it begins none.
func fieldName(line []byte) string {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t") // old programs write "Subject :" (RFC 5322 §4.5)
	if !ok || len(name) == 0 {
		return ""
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7F {
			return ""
		}
	}
	return string(name)
}

// held is a body: its beginning in memory, the rest in a file that has no name any more.
type held struct {
	memory []byte
	file   *os.File
	octets int64 // as they will be sent, CRLF counted
}

// wireOctets returns how many octets a line, or a piece of one, is with its end as CRLF.
func wireOctets(piece []byte) int64 {
	n := len(piece)
	if n > 0 && piece[n-1] == '\n' && (n == 1 || piece[n-2] != '\r') {
		n++
	}
	return int64(n)
}

func (h *held) write(p []byte) error {
	h.octets += wireOctets(p)
	if h.file == nil && len(h.memory)+len(p) <= heldInMemory {
		h.memory = append(h.memory, p...)
		return nil
	}
	if h.file == nil {
		file, err := os.CreateTemp("", "pillarbox-sendmail-")
		if err != nil {
			return fail(ExOSErr, "no room to hold the letter: %v", err)
		}
		h.file = file
		os.Remove(file.Name()) // a name that stays is only litter
	}
	if _, err := h.file.Write(p); err != nil {
		return fail(ExOSErr, "no room to hold the letter: %v", err)
	}
	return nil
}

// reader reads the body from its beginning.
func (h *held) reader() (io.Reader, error) {
	memory := bytes.NewReader(h.memory)
	if h.file == nil {
		return memory, nil
	}
	if _, err := h.file.Seek(0, io.SeekStart); err != nil {
		return nil, fail(ExOSErr, "the held letter: %v", err)
	}
	return io.MultiReader(memory, h.file), nil
}

func (h *held) close() {
	if h.file != nil {
		h.file.Close() // nobody reads it again
	}
}
