package transcript

import (
	"crypto/tls"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// direct executes a [[directive]].
func (p *player) direct(verb, argument string) error {
	switch verb {
	case "on":
		p.now = argument
		return nil
	case "tls", "tls?", "tls-refused":
		return p.tls(verb, argument)
	case "shut":
		return p.shut()
	case "close":
		return p.close()
	case "eof":
		return p.eof()
	case "silence":
		return p.silence(argument)
	case "skip":
		p.skipping = true
		return nil
	case "lines":
		return p.lines(argument)
	case "octets":
		return p.octets(argument)
	case "not":
		return p.not(argument)
	case "differ":
		return p.differ(argument)
	case "prompt":
		return p.prompt(argument)
	}
	if p.Direct != nil {
		argument, err := p.expand(argument, plainly)
		if err != nil {
			return err
		}
		if known, err := p.Direct(verb, argument); known {
			return err
		}
	}
	return p.differs("no such directive: [[%s]]", verb)
}

// raw gathers octets as they stand. A word in them is replaced.
func (p *player) raw(argument string) error {
	argument, err := p.expand(argument, plainly)
	if err != nil {
		return err
	}
	octets, err := strconv.Unquote(argument)
	if err != nil {
		return p.differs("not quoted as in Go: %.100s", argument)
	}
	p.pending = append(p.pending, octets...)
	return nil
}

// tls runs a handshake that accepts any certificate, and checks its result.
func (p *player) tls(verb, protocols string) error {
	party, err := p.party()
	if err != nil {
		return err
	}
	if n := party.in.Buffered(); n > 0 {
		b, _ := party.in.Peek(n)
		return p.differs("the server said %q before the handshake", b)
	}
	conn := tls.Client(party.conn, &tls.Config{InsecureSkipVerify: true, NextProtos: strings.Fields(protocols)})
	conn.SetDeadline(time.Now().Add(p.Patience))
	refused := conn.Handshake()
	switch {
	case verb == "tls?" && refused != nil:
		return errDone
	case verb == "tls" && refused != nil:
		return p.differs("handshake: %v", refused)
	case verb == "tls-refused" && refused == nil:
		return p.differs("the server accepts a handshake for %q", protocols)
	}
	*party = *newParty(conn)
	return nil
}

// shut closes the sending direction of the connection.
func (p *player) shut() error {
	party, err := p.party()
	if err != nil {
		return err
	}
	half, ok := party.conn.(interface{ CloseWrite() error })
	if !ok {
		return p.differs("%T has no half to shut", party.conn)
	}
	half.CloseWrite() // if the server has left already, the next line fails
	return nil
}

func (p *player) close() error {
	party, err := p.party()
	if err != nil {
		return err
	}
	party.conn.Close()
	return nil
}

// eof waits for the end of the connection.
func (p *player) eof() error {
	if _, err := p.party(); err != nil {
		return err
	}
	line, err := p.receive()
	switch {
	case errors.Is(err, errOver):
		return nil
	case errors.Is(err, errNoLine):
		return p.differs("the server does not close")
	case err != nil:
		return p.differs("waiting for the end: %v", err)
	}
	return p.differs("the server says %.300q and does not close", line)
}

// silence checks that nothing arrives, now or for a while.
func (p *player) silence(argument string) error {
	party, err := p.party()
	if err != nil {
		return err
	}
	if argument != "" {
		term, err := time.ParseDuration(argument)
		if err != nil {
			return p.differs("%v", err)
		}
		party.conn.SetReadDeadline(time.Now().Add(term))
		if _, err := party.in.Peek(1); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !isOver(err) {
			return p.differs("waiting for nothing: %v", err)
		}
	}
	if n := party.in.Buffered(); n > 0 {
		b, _ := party.in.Peek(n)
		return p.differs("the server said %.300q unasked", b)
	}
	return nil
}

// lines expects several lines that match a pattern.
func (p *player) lines(argument string) error {
	count, pattern, _ := strings.Cut(argument, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return p.differs("how many lines? %v", err)
	}
	for range n {
		if err := p.expect(pattern); err != nil {
			return err
		}
	}
	return nil
}

// octets measures the rest of a multi-line reply.
func (p *player) octets(name string) error {
	octets, err := p.block()
	if err != nil {
		return err
	}
	want, err := p.expand(name, plainly)
	if err == nil && want != strconv.Itoa(octets) {
		return p.differs("the reply has %d octets, want %s", octets, want)
	}
	return err
}

// not checks the last line again.
func (p *player) not(pattern string) error {
	party, err := p.party()
	if err != nil {
		return err
	}
	if glob(pattern, party.last, make(map[string]string)) {
		return p.differs("got %.300q, must not be %q", party.last, pattern)
	}
	return nil
}

// differ compares two words.
func (p *player) differ(names string) error {
	values, err := p.expand(names, plainly)
	if one, other, _ := strings.Cut(values, " "); err == nil && one == other {
		return p.differs("%s are the same: %s", names, one)
	}
	return err
}

// delayed is the least time of a reply that waits for the client's kernel to acknowledge its first
// half, which Linux delays by 40 ms. A prompt server stays far below it in most of many replies,
// whatever else the machine does.
const delayed = 35 * time.Millisecond

// prompt sends a command with a multi-line reply many times.
func (p *player) prompt(argument string) error {
	count, command, _ := strings.Cut(argument, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		return p.differs("how many times? %v", err)
	}
	var took []time.Duration
	for range n {
		began := time.Now()
		p.pending = append(p.pending, command+"\r\n"...)
		if err := p.send(); err != nil {
			return err
		}
		if err := p.expect("+OK*"); err != nil {
			return err
		}
		if _, err := p.block(); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	if took[n/2] > delayed {
		return p.differs("half of %d replies took more than %v: each leaves in two writes", n, took[n/2].Round(time.Millisecond))
	}
	return nil
}
