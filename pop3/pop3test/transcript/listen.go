package transcript

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"time"
)

// eofToo is the alternative of an S: line that lets the server close the connection.
const eofToo = "[[eof]]"

// expect compares what the server says with an S: line.
func (p *player) expect(text string) error {
	want, err := p.expand(text, asPattern)
	if err != nil {
		return err
	}
	if _, err := p.party(); err != nil {
		return err
	}
	alternatives := strings.Split(want, " || ")
	for {
		got, err := p.receive()
		if errors.Is(err, errOver) && alternatives[len(alternatives)-1] == eofToo {
			return nil
		}
		if err != nil {
			return p.differs("got %v, want %.300q", err, want)
		}
		if p.matches(alternatives, got) {
			p.skipping = false
			return nil
		}
		if !p.skipping || lastOfReply.MatchString(got) {
			return p.differs("got %.300q, want %.300q", got, want)
		}
	}
}

// lastOfReply is the last line of a multi-line reply in POP3, or in SMTP.
var lastOfReply = regexp.MustCompile(`^(\.|\d\d\d .*)$`)

// matches reports whether a line is one of the alternatives, and captures its words.
func (p *player) matches(alternatives []string, line string) bool {
	for _, pattern := range alternatives {
		captured := make(map[string]string)
		if glob(pattern, line, captured) {
			for word, value := range captured {
				p.words[word] = value
			}
			return true
		}
	}
	return false
}

// What receive returns in place of a line.
var (
	errOver   = errors.New("the end of the connection")
	errNoLine = errors.New("nothing in time")
)

// receive reads one line, which ends in CRLF, and returns it without that.
func (p *player) receive() (string, error) {
	party, err := p.party()
	if err != nil {
		return "", err
	}
	party.conn.SetReadDeadline(time.Now().Add(p.Patience))
	line, err := party.in.ReadString('\n')
	switch {
	case err != nil && line != "":
		return "", errors.New("a line without an end: " + line)
	case isOver(err):
		return "", errOver
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", errNoLine
	case err != nil:
		return "", err
	}
	line, crlf := strings.CutSuffix(line, "\r\n")
	if !crlf || strings.HasSuffix(line, "\r") {
		return "", errors.New("a line that does not end in CRLF: " + line)
	}
	party.last = line
	return line, nil
}

// block reads the rest of a multi-line reply and returns its octets without byte-stuffing.
func (p *player) block() (octets int, err error) {
	for {
		line, err := p.receive()
		if err != nil {
			return 0, p.differs("got %v in a multi-line reply", err)
		}
		if line == "." {
			return octets, nil
		}
		octets += len(strings.TrimPrefix(line, ".")) + len("\r\n")
	}
}
