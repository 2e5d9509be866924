package pop3test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a server may take for one line before the test fails.
const patience = 10 * time.Second

// Run plays a transcript on one connection, which it closes. A line that differs ends the test.
func Run(t testing.TB, conn net.Conn, transcript string) {
	t.Helper()
	dialled := false
	RunAll(t, func() net.Conn {
		if dialled {
			t.Fatal("the transcript needs a second connection: RunAll")
		}
		dialled = true
		return conn
	}, transcript)
}

// RunAll plays a transcript that uses several connections; dial makes them.
func RunAll(t testing.TB, dial func() net.Conn, transcript string) {
	t.Helper()
	p := &player{t: t, dial: dial, parties: make(map[string]*party)}
	p.on("")
	for i, line := range strings.Split(transcript, "\n") {
		p.line = i + 1
		p.play(strings.TrimSuffix(line, "\r"))
	}
	p.send()
	for _, party := range p.parties {
		party.conn.Close()
	}
}

// A party is one client of a transcript.
type party struct {
	conn net.Conn
	in   *bufio.Reader
}

// A player is one run of a transcript.
type player struct {
	t       testing.TB
	dial    func() net.Conn
	parties map[string]*party
	now     *party
	line    int
	pending []byte // C: lines that have not left
}

// play does what one line of the transcript says.
func (p *player) play(line string) {
	p.t.Helper()
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, "C:"):
		p.pending = append(p.pending, p.expand(textOf(line))+"\r\n"...)
	case strings.HasPrefix(line, "S:"):
		p.send()
		p.expect(p.expand(textOf(line)))
	case strings.HasPrefix(line, "[[") && strings.HasSuffix(line, "]]"):
		verb, argument, _ := strings.Cut(line[2:len(line)-2], " ")
		if verb != "raw" {
			p.send()
		}
		p.direct(verb, argument)
	default:
		p.fatalf("not a line of a transcript: %q", line)
	}
}

// textOf returns what is behind "C:" or "S:" and one blank.
func textOf(line string) string { return strings.TrimPrefix(line[2:], " ") }

// direct does what a [[directive]] says.
func (p *player) direct(verb, argument string) {
	p.t.Helper()
	switch verb {
	case "raw":
		p.pending = append(p.pending, p.unquote(argument)...)
	case "tls":
		p.tls()
	case "shut":
		half, ok := p.now.conn.(interface{ CloseWrite() error })
		if !ok {
			p.fatalf("%T has no half to shut", p.now.conn)
		}
		half.CloseWrite()
	case "close":
		p.now.conn.Close()
	case "eof":
		p.eof()
	case "silence":
		if n := p.now.in.Buffered(); n > 0 {
			b, _ := p.now.in.Peek(n)
			p.fatalf("the server said %q unasked", b)
		}
	case "on":
		p.on(argument)
	default:
		p.fatalf("no such directive: [[%s]]", verb)
	}
}

// on goes on with the party of that name.
func (p *player) on(name string) {
	if p.parties[name] == nil {
		conn := p.dial()
		p.parties[name] = &party{conn, bufio.NewReader(conn)}
	}
	p.now = p.parties[name]
}

// tls shakes hands, trusting whatever certificate there is.
func (p *player) tls() {
	p.t.Helper()
	if n := p.now.in.Buffered(); n > 0 {
		b, _ := p.now.in.Peek(n)
		p.fatalf("the server said %q before the handshake", b)
	}
	conn := tls.Client(p.now.conn, &tls.Config{InsecureSkipVerify: true})
	conn.SetDeadline(time.Now().Add(patience))
	if err := conn.Handshake(); err != nil {
		p.fatalf("handshake: %v", err)
	}
	*p.now = party{conn, bufio.NewReader(conn)}
}

// send writes the C: lines that were gathered, at once.
func (p *player) send() {
	p.t.Helper()
	if len(p.pending) == 0 {
		return
	}
	p.now.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := p.now.conn.Write(p.pending); err != nil {
		p.fatalf("sending %q: %v", p.pending, err)
	}
	p.pending = p.pending[:0]
}

// expect reads one line, which ends in CRLF, and compares.
func (p *player) expect(want string) {
	p.t.Helper()
	p.now.conn.SetReadDeadline(time.Now().Add(patience))
	got, err := p.now.in.ReadString('\n')
	if err != nil {
		p.fatalf("got %q and %v, want %q", got, err, want)
	}
	got, crlf := strings.CutSuffix(got, "\r\n")
	if !crlf || strings.HasSuffix(got, "\r") {
		p.fatalf("got %q, a line that does not end in CRLF", got)
	}
	if !glob(want, got) {
		p.fatalf("got %q, want %q", got, want)
	}
}

// eof waits for the end of the connection. A reset is one too: the server left octets unread.
func (p *player) eof() {
	p.t.Helper()
	p.now.conn.SetReadDeadline(time.Now().Add(patience))
	b, err := p.now.in.ReadByte()
	switch {
	case err == nil:
		p.now.in.UnreadByte()
		rest, _ := p.now.in.ReadString('\n')
		p.fatalf("the server says %q and does not close (first octet %q)", rest, b)
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.fatalf("the server does not close")
	case !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF):
		p.fatalf("waiting for the end: %v", err)
	}
}

// coded is {{"octets"}} in a line.
var coded = regexp.MustCompile(`\{\{(".*?")\}\}`)

// expand replaces {{"octets"}} by their base64.
func (p *player) expand(line string) string {
	return coded.ReplaceAllStringFunc(line, func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(p.unquote(s[2 : len(s)-2])))
	})
}

func (p *player) unquote(s string) string {
	p.t.Helper()
	octets, err := strconv.Unquote(s)
	if err != nil {
		p.fatalf("not quoted as in Go: %s", s)
	}
	return octets
}

func (p *player) fatalf(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("line %d: "+format, append([]any{p.line}, args...)...)
}

// glob compares; * in the pattern stands for anything, \* for a star.
func glob(pattern, line string) bool {
	for pattern != "" {
		switch {
		case strings.HasPrefix(pattern, `\*`):
			pattern = pattern[1:]
		case pattern[0] == '*':
			for i := range len(line) + 1 {
				if glob(pattern[1:], line[i:]) {
					return true
				}
			}
			return false
		}
		if line == "" || line[0] != pattern[0] {
			return false
		}
		pattern, line = pattern[1:], line[1:]
	}
	return line == ""
}
