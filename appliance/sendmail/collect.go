package sendmail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

const (
	longestHeader = 256 << 10 // octets; enough for thousands of recipients
	heldInMemory  = 256 << 10 // octets of the body; the rest goes to a file
)

// An Input is the message that was read from standard input.
type Input struct {
	header []field
	body   held
	octets int64 // of header and body, with each line end counted as CRLF
}

// A field is one field of the header as it was written, with CRLF as line ends.
type field struct {
	name string // without the colon, as it was written
	text []byte // all of it
}

// Close releases the file that holds the body.
func (l *Input) Close() { l.body.close() }

// collect reads a message to the end of the input or, unless keepDots is set, to a line with a dot
// alone. A message of more than max octets is ExUnavailable; 0 is no limit.
func collect(input io.Reader, keepDots bool, max int64) (*Input, error) {
	c := &collector{in: bufio.NewReaderSize(input, 16<<10), keepDots: keepDots, max: max, input: &Input{}}
	err := c.header()
	if err == nil {
		err = c.body()
	}
	if err != nil {
		c.input.Close()
		return nil, err
	}
	return c.input, nil
}

type collector struct {
	in       *bufio.Reader
	keepDots bool
	max      int64
	input    *Input
	over     bool // the end was read
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
	c.input.octets += wireOctets(piece)
	if c.max > 0 && c.input.octets > c.max {
		return nil, fail(ExUnavailable, "message exceeds the size limit (%d bytes)", c.max)
	}
	return piece, nil
}

// header reads fields up to the blank line, or up to the first line that is not a field, which then
// belongs to the body.
func (c *collector) header() error {
	for first := true; ; first = false {
		line, err := c.headerLine()
		if err != nil || line == nil {
			return err
		}
		text := bytes.TrimRight(line, "\r\n")
		fields := c.input.header
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
			c.input.header = append(fields, field{name, append(bytes.Clone(text), "\r\n"...)})
		default:
			return c.input.body.write(line)
		}
	}
}

// headerLine returns a whole line, or nil at the end.
func (c *collector) headerLine() (line []byte, err error) {
	for {
		piece, err := c.piece()
		if err != nil || piece == nil {
			return line, err
		}
		line = append(line, piece...)
		switch {
		case c.input.octets > longestHeader:
			return nil, fail(ExDataErr, "the header is longer than %d bytes; a blank line ends it", longestHeader)
		case !c.inLine:
			return line, nil
		}
	}
}

// body reads the body.
func (c *collector) body() error {
	for {
		piece, err := c.piece()
		if err != nil || piece == nil {
			return err
		}
		if err := c.input.body.write(piece); err != nil {
			return err
		}
	}
}

// fieldName returns the name of the field that begins with a line, or "" if the line begins none.
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

// held is a body: its beginning in memory, the rest in a file that was removed while it is open.
type held struct {
	memory []byte
	file   *os.File
	octets int64 // as they will be sent, CRLF counted
}

// wireOctets returns the length of a line, or of a piece of one, with CRLF as its end.
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
			return fail(ExOSErr, "no space to hold the message: %v", err)
		}
		h.file = file
		os.Remove(file.Name()) // an error leaves an empty name behind, which is harmless
	}
	if _, err := h.file.Write(p); err != nil {
		return fail(ExOSErr, "no space to hold the message: %v", err)
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
		return nil, fail(ExOSErr, "the held message: %v", err)
	}
	return io.MultiReader(memory, h.file), nil
}

func (h *held) close() {
	if h.file != nil {
		h.file.Close() // an error changes nothing: the file is not read again
	}
}
