package transcript

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// A Stage is where transcripts are played.
type Stage struct {
	// Dial connects. name is the argument of [[on]], or "" before the first one.
	Dial func(name string) (net.Conn, error)
	// Words are the values of $words at the beginning. It may be nil.
	Words map[string]string
	// Direct executes a directive that this package does not have. It returns false if it does not
	// have it either. Octets that the client had to send were sent before. It may be nil.
	Direct func(verb, argument string) (bool, error)
	// Patience is how long the server may take for one line; 10 s if it is 0.
	Patience time.Duration
}

// A Difference is where the server differs from the transcript, or where the transcript is invalid.
type Difference struct {
	Line int // of the transcript, from 1 on
	Text string
}

func (d *Difference) Error() string { return fmt.Sprintf("line %d: %s", d.Line, d.Text) }

// Play plays a transcript and closes its connections. The error is a *Difference, or what Dial or
// Direct returned.
func (s Stage) Play(text string) error {
	if s.Patience == 0 {
		s.Patience = 10 * time.Second
	}
	p := &player{Stage: s, parties: make(map[string]*party), words: make(map[string]string)}
	for word, value := range s.Words {
		p.words[word] = value
	}
	defer p.leave()
	for line := range strings.SplitSeq(text, "\n") {
		p.line++
		err := p.play(strings.TrimSuffix(line, "\r"))
		if errors.Is(err, errDone) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return p.send()
}

// errDone is returned by a directive that ends the transcript.
var errDone = errors.New("done")

// A party is one client of a transcript.
type party struct {
	conn net.Conn
	in   *bufio.Reader
	last string // line that was received
}

func newParty(conn net.Conn) *party { return &party{conn: conn, in: bufio.NewReader(conn)} }

// A player is one run of a transcript.
type player struct {
	Stage
	words    map[string]string // given or captured
	parties  map[string]*party
	now      string // the name of the current party
	line     int
	pending  []byte // C: lines that were not sent
	skipping bool   // lines may come before the next S:
}

// play executes one line of the transcript.
func (p *player) play(line string) error {
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		return nil
	case strings.HasPrefix(line, "C:"):
		said, err := p.expand(textOf(line), plainly)
		p.pending = append(append(p.pending, said...), "\r\n"...)
		return err
	case strings.HasPrefix(line, "S:"):
		if err := p.send(); err != nil {
			return err
		}
		return p.expect(textOf(line))
	case strings.HasPrefix(line, "[[") && strings.HasSuffix(line, "]]"):
		verb, argument, _ := strings.Cut(line[2:len(line)-2], " ")
		if verb == "raw" {
			return p.raw(argument)
		}
		if err := p.send(); err != nil {
			return err
		}
		return p.direct(verb, argument)
	}
	return p.differs("not a line of a transcript: %q", line)
}

// textOf returns what follows "C:" or "S:" and one blank.
func textOf(line string) string { return strings.TrimPrefix(line[2:], " ") }

// party returns the current party, and connects it if it is new.
func (p *player) party() (*party, error) {
	if known := p.parties[p.now]; known != nil {
		return known, nil
	}
	conn, err := p.Dial(p.now)
	if err != nil {
		return nil, err
	}
	p.parties[p.now] = newParty(conn)
	return p.parties[p.now], nil
}

// send writes the C: lines that are pending, in one write.
func (p *player) send() error {
	if len(p.pending) == 0 {
		return nil
	}
	party, err := p.party()
	if err != nil {
		return err
	}
	party.conn.SetWriteDeadline(time.Now().Add(p.Patience))
	if _, err := party.conn.Write(p.pending); err != nil && !isOver(err) { // see the next S:
		return p.differs("sending %.100q: %v", p.pending, err)
	}
	p.pending = p.pending[:0]
	return nil
}

// leave closes all connections.
func (p *player) leave() {
	for _, party := range p.parties {
		if over, ok := party.conn.(*tls.Conn); ok { // without its goodbye, which could block
			over.NetConn().Close()
			continue
		}
		party.conn.Close()
	}
}

func (p *player) differs(format string, args ...any) error {
	return &Difference{p.line, fmt.Sprintf(format, args...)}
}
