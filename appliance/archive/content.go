package archive

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"pillarbox/appliance/transfer"
)

// A content is a file of a Maildir that is open: its message, unpacked.
type content struct {
	io.Reader
	close  []io.Closer
	origin transfer.Origin
	packed bool
	doubt  string // what may be wrong, "" if nothing is seen
}

// Close closes the file.
func (c *content) Close() error {
	var err error
	for i := range c.close {
		err = errors.Join(err, c.close[len(c.close)-1-i].Close())
	}
	return err
}

// openContent opens a file that holds one message. It returns an error for what is none. A byte
// order mark and a line "From …" of an mbox, before the header, are not parts of the message. A
// file that grows while it is read ends where it ended when it was opened.
func openContent(in *folder, name string) (*content, error) {
	f, info, err := in.openRegular(name)
	if err != nil {
		return nil, err
	}
	c := &content{close: []io.Closer{f}, origin: transfer.Origin{Received: info.ModTime()}}
	if err := c.open(f, info.Size()); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// open finds out what the file is.
func (c *content) open(f io.Reader, size int64) error {
	if size == 0 {
		return errors.New("empty: a delivery that a crash cut off")
	}
	in := bufio.NewReaderSize(io.LimitReader(f, size), startSize)
	start, err := peekStart(in)
	if err != nil {
		return err
	}
	if form := packedForm(start); form != "" {
		from, err := unpack(form, in)
		if err != nil {
			return err
		}
		c.packed, c.close = true, append(c.close, from)
		in = bufio.NewReaderSize(from, startSize)
		if start, err = peekStart(in); err != nil {
			return err
		}
	}
	return c.begin(in, start)
}

// startSize is how many octets of a file are examined to classify it.
const startSize = 4 << 10

func peekStart(in *bufio.Reader) ([]byte, error) {
	start, err := in.Peek(startSize)
	if err == io.EOF {
		err = nil
	}
	return start, err
}

// begin looks at how the message begins.
func (c *content) begin(in *bufio.Reader, start []byte) error {
	skip := 0
	if bytes.HasPrefix(start, bom) {
		skip = len(bom)
	}
	cr := endsInCR(start)
	line, rest := cutLine(start[skip:], cr)
	if isMark(line) {
		if next, _ := cutLine(rest, cr); isSeparator(gradeMark(string(line)), true, gradeField(next)) {
			c.origin = parseMark(string(line), c.origin.Received)
			skip, line = len(start)-len(rest), next
		}
	}
	name, value, ok := fieldOf(line)
	switch {
	case ok && named(name, "return-path"):
		if c.origin.From = strings.Trim(string(value), "<>"); len(c.origin.From) > longestSender {
			c.origin.From = ""
		}
	case !ok && isBinary(start):
		return errBinary
	case !ok:
		c.doubt = "does not begin with a header field"
	}
	_, err := in.Discard(skip)
	c.Reader = in
	if cr {
		c.Reader = &crReader{from: in}
	}
	return err
}

// isBinary reports whether a beginning has a control character that text does not have.
func isBinary(start []byte) bool {
	for _, b := range start {
		if b < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b\b", rune(b)) {
			return true
		}
	}
	return false
}
