package admin

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pillarbox/appliance/transfer"
)

const (
	longestLine = 8192
	mostWords   = 8
)

// errProtocol is returned for a line that is not of this protocol: the other side is of another
// version, or not pillarbox.
var errProtocol = errors.New("not understood: the running server is of another version than this program")

// A talk is one side of the conversation.
type talk struct {
	in  *bufio.Reader
	out *bufio.Writer
}

func newTalk(stream io.ReadWriter) *talk {
	return &talk{bufio.NewReaderSize(stream, longestLine), bufio.NewWriter(stream)}
}

// send sends a line.
func (t *talk) send(words ...any) error {
	t.add(words...)
	return t.out.Flush()
}

// add buffers a line. An error shows in the next send.
func (t *talk) add(words ...any) {
	for i, word := range words {
		if i > 0 {
			t.out.WriteByte(' ')
		}
		t.out.WriteString(quote(fmt.Sprint(word)))
	}
	t.out.WriteByte('\n')
}

// read reads a line: a verb and its words.
func (t *talk) read() (verb string, words []string, err error) {
	line, err := t.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", nil, errProtocol
	}
	if err == io.EOF && len(line) > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", nil, err
	}
	words, err = split(string(line[:len(line)-1]))
	if err != nil {
		return "", nil, err
	}
	return words[0], words[1:], nil
}

// quote makes a word of any text.
func quote(s string) string {
	plain := s != ""
	for i := range len(s) {
		plain = plain && s[i] > ' ' && s[i] < 0x7f && s[i] != '"' && s[i] != '\\'
	}
	if plain {
		return s
	}
	return strconv.QuoteToASCII(s)
}

// split undoes quote, word by word; there is at least one.
func split(line string) (words []string, err error) {
	for {
		if len(words) == mostWords {
			return nil, errProtocol
		}
		var word string
		if strings.HasPrefix(line, `"`) {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, errProtocol
			}
			if word, err = strconv.Unquote(quoted); err != nil {
				return nil, errProtocol
			}
			line = line[len(quoted):]
		} else {
			end := strings.IndexByte(line+" ", ' ')
			word, line = line[:end], line[end:]
			if word == "" {
				return nil, errProtocol
			}
		}
		words = append(words, word)
		if line == "" {
			return words, nil
		}
		if line[0] != ' ' {
			return nil, errProtocol
		}
		line = line[1:]
	}
}

// Write sends octets of a content as one piece.
func (t *talk) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		one := p[:min(len(p), transfer.Piece)]
		t.add(len(one))
		if _, err := t.out.Write(one); err != nil {
			return n, err
		}
		n, p = n+len(one), p[len(one):]
	}
	return n, nil
}

// end ends a content.
func (t *talk) end() error { return t.send(0) }

// errCut is the error of a content that the other side could not read to its end.
var errCut = errors.New("cut off: the message could not be read to its end")

// A content is what the other side sends in pieces: an io.Reader until its end.
type content struct {
	talk *talk
	left int64 // of the piece
	err  error // io.EOF: it has ended
}

func (c *content) Read(p []byte) (int, error) {
	if c.err == nil && c.left == 0 {
		c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.talk.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err != nil {
		c.err = unexpected(err)
	}
	return n, c.err
}

func (c *content) next() {
	verb, words, err := c.talk.read()
	if err != nil {
		c.err = unexpected(err)
		return
	}
	size, err := strconv.ParseUint(verb, 10, 31)
	switch {
	case verb == "cut" && len(words) == 0:
		c.err = errCut
	case err != nil || len(words) > 0 || size > transfer.Piece:
		c.err = errProtocol
	case size == 0:
		c.err = io.EOF
	}
	c.left = int64(size)
}

// drain reads to the end, so that the next line can be read.
func (c *content) drain() error {
	_, err := io.Copy(io.Discard, c)
	return err
}

// unexpected: a stream that ends within a mail was cut.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// seen is the word behind a message that a client has fetched.
const seen = "seen"
