package transcript

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
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

// isOver reports whether an error of reading is the end of the connection. A reset is one too: the
// server left octets unread.
func isOver(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE)
}
