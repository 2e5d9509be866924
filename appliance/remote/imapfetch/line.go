package imapfetch

import (
	"bufio"
	"bytes"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"

	"pillarbox/appliance/remote/session"
)

// Limits of what a server may send in a session, beside the content of messages. The client of
// go-imap has none.
const (
	longestLine = 16 << 10 // octets
	mostLines   = 64 << 20 // octets of all lines: 200,000 messages take half of it
	mostItems   = 4 * pieceOf
)

// pieceSize is how many octets of a message are fetched by one command. What the client leaves
// behind for each command, 3 KiB, must not add up to a collection of the garbage within a message
// of 49 MiB: the first one costs the runtime 0.5 MiB.
const pieceSize = 1 << 20

// pieceOf is how many messages are listed by one command.
const pieceOf = 1000

// A line is the connection under the client. It bounds what the server sends, keeps the error with
// which the connection broke, and has the FETCH of listings ask for one item more than the client
// knows, whose answers it takes out and keeps.
type line struct {
	net.Conn
	in      *bufio.Reader
	rest    []byte // of a line, for the client
	literal int64  // octets of a literal that are under way
	octets  int64  // of all lines
	failed  error  // why nothing more is read
	token   bool   // the login is by a token

	mu     sync.Mutex // guards what is below: the client reads in a goroutine of its own
	broken error      // the first error of Read
	item   string     // that is asked for; "": none
	items  map[uint32]string
}

// newLine returns the line of a connection. greeting is read before what comes from there.
func newLine(conn net.Conn, greeting string) *line {
	return &line{Conn: conn, in: bufio.NewReaderSize(conn, longestLine), rest: []byte(greeting), items: map[uint32]string{}}
}

func (l *line) Read(p []byte) (int, error) {
	if l.failed == nil && len(l.rest) == 0 && l.literal == 0 {
		runtime.Gosched() // else the client holds up to 128 rows before the first one is used
		l.failed = l.next()
	}
	if len(l.rest) > 0 {
		n := copy(p, l.rest)
		l.rest = l.rest[n:]
		return n, nil
	}
	if l.failed != nil { // the client would go on behind what is too long
		return 0, l.breaks(l.failed)
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.literal)])
	l.literal -= int64(n)
	return n, l.breaks(err)
}

// breaks notes the first error.
func (l *line) breaks(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil && l.broken == nil {
		l.broken = err
	}
	return err
}

// next reads a line, and how long the literal behind it is.
func (l *line) next() error {
	text, err := l.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return session.Errorf(session.Protocol, "the server breaks the protocol: a line of more than %d octets", longestLine)
	}
	if len(text) == 0 {
		return err
	}
	if l.octets += int64(len(text)); l.octets > mostLines {
		return session.Errorf(session.Protocol, "the server breaks the protocol: more than %d octets beside messages", mostLines)
	}
	l.literal = literalOf(text)
	// Only the content of a message is handed on as it comes, the rest is kept.
	if l.literal > pieceSize || l.literal > longestLine && !bytes.Contains(bytes.ToUpper(text), []byte("BODY[")) {
		return session.Errorf(session.Protocol, "the server breaks the protocol: a literal of %d octets", l.literal)
	}
	l.rest = l.take(text)
	// Some servers do not take a command with a whole token in it. The client requests what a
	// server can do at times of its own, and would learn of SASL-IR again.
	if l.token && bytes.Contains(l.rest, []byte("CAPABILITY ")) {
		l.rest = bytes.ReplaceAll(l.rest, []byte(" "+imap.CapSASLIR), nil)
	}
	return nil
}

// literalOf returns the length of the literal that a line announces at its end, 0 for none.
func literalOf(text []byte) int64 {
	text = bytes.TrimSuffix(bytes.TrimRight(text, "\r\n"), []byte("}"))
	open := bytes.LastIndexByte(text, '{')
	if open < 0 || len(text)-open > 20 {
		return 0
	}
	n, err := strconv.ParseUint(string(bytes.TrimSuffix(text[open+1:], []byte("+"))), 10, 63)
	if err != nil {
		return 0
	}
	return int64(n)
}

// want has the FETCH commands that follow ask for an item; "": for none.
func (l *line) want(item string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.item = item
	clear(l.items)
}

// Write sends what the client says. A command of a listing comes in one piece. The client has "="
// for every empty response; that is right in a command (RFC 4959), and a fault in the answer to a
// server that refuses a token.
func (l *line) Write(p []byte) (int, error) {
	if l.token && string(p) == "=\r\n" {
		_, err := l.Conn.Write(p[1:])
		return len(p), err
	}
	l.mu.Lock()
	item := l.item
	l.mu.Unlock()
	command, ok := bytes.CutSuffix(p, []byte(")\r\n"))
	if item == "" || !ok || !bytes.Contains(p, []byte(" FETCH ")) {
		return l.Conn.Write(p)
	}
	whole := append(bytes.Clone(command), " "+item+")\r\n"...)
	if _, err := l.Conn.Write(whole); err != nil {
		return 0, err
	}
	return len(p), nil
}

// take takes the item that was asked for out of the line of a message: " X-GM-MSGID 17", or
// " EMAILID (M17)".
func (l *line) take(text []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.item == "" || !bytes.HasPrefix(text, []byte("* ")) {
		return text
	}
	words := bytes.SplitN(text[2:], []byte(" "), 3)
	if len(words) < 3 || !bytes.EqualFold(words[1], []byte("FETCH")) {
		return text
	}
	number, err := strconv.ParseUint(string(words[0]), 10, 32)
	at := bytes.Index(bytes.ToUpper(text), []byte(l.item+" "))
	if err != nil || at < 1 || text[at-1] != ' ' && text[at-1] != '(' {
		return text
	}
	value := text[at+len(l.item)+1:]
	if !bytes.HasSuffix(value, []byte(")\r\n")) {
		return text
	}
	end := bytes.IndexAny(value, " \r\n)")
	if value[0] == '(' {
		end = bytes.IndexByte(value, ')') + 1
	}
	if end <= 0 {
		return text
	}
	if name := string(bytes.Trim(value[:end], "()")); len(l.items) < mostItems && end <= mostValue && isName(name) {
		l.items[uint32(number)] = name
	}
	from, rest := at, value[end:]
	switch {
	case rest[0] == ' ':
		rest = rest[1:]
	case text[at-1] == ' ':
		from--
	}
	return append(bytes.Clone(text[:from]), rest...)
}

// isName reports whether an item names a message: some servers have one value for all that they
// have no name for.
func isName(value string) bool {
	return value != "" && value != "0" && !strings.EqualFold(value, "NIL")
}

// mostValue bounds an item: an EMAILID has at most 255 octets (RFC 8474 §4).
const mostValue = 257

// took returns the item of a message, "" if it had none.
func (l *line) took(number uint32) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	value := l.items[number]
	delete(l.items, number)
	return value
}
