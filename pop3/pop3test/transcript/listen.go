package transcript

import (
	"encoding/base64"
	"errors"
	"os"
	"regexp"
	"strconv"
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

// How a word is put into a line.
func plainly(value string) string   { return value }
func asPattern(value string) string { return strings.ReplaceAll(value, "*", `\*`) }

var (
	// coded is {{"octets"}} or {{N "octets"}} in a line.
	coded = regexp.MustCompile(`\{\{(\d+ )?(".*?")\}\}`)
	// word is a name of what is captured.
	word = regexp.MustCompile(`\$[a-z][a-z0-9]*`)
)

// expand replaces the $words that are known, and {{...}}. An unknown word is an error, unless it
// can be captured here.
func (p *player) expand(line string, put func(string) string) (_ string, err error) {
	capturable := put("*") != "*"
	line = word.ReplaceAllStringFunc(line, func(name string) string {
		value, known := p.words[name[1:]]
		switch {
		case known:
			return put(value)
		case !capturable:
			err = p.differs("%s was not captured", name)
		}
		return name
	})
	line = coded.ReplaceAllStringFunc(line, func(s string) string {
		parts := coded.FindStringSubmatch(s)
		octets, faulty := strconv.Unquote(parts[2])
		if faulty != nil {
			err = p.differs("not quoted as in Go: %s", parts[2])
		}
		if parts[1] == "" {
			return base64.StdEncoding.EncodeToString([]byte(octets))
		}
		times, _ := strconv.Atoi(strings.TrimSpace(parts[1]))
		return put(strings.Repeat(octets, times))
	})
	return line, err
}

// glob compares; * in the pattern stands for anything, \* for a star, and $word for one word, which
// is put into captured.
func glob(pattern, line string, captured map[string]string) bool {
	for pattern != "" {
		switch {
		case strings.HasPrefix(pattern, `\*`):
			pattern = pattern[1:]
		case pattern[0] == '*':
			return globAny(pattern[1:], line, captured)
		case pattern[0] == '$':
			if name := word.FindString(pattern); strings.HasPrefix(pattern, name) && name != "" {
				return globWord(pattern, name, line, captured)
			}
		}
		if line == "" || line[0] != pattern[0] {
			return false
		}
		pattern, line = pattern[1:], line[1:]
	}
	return line == ""
}

// globAny compares what may begin anywhere in the line.
func globAny(pattern, line string, captured map[string]string) bool {
	for i := range len(line) + 1 {
		if glob(pattern, line[i:], captured) {
			return true
		}
	}
	return false
}

// globWord compares a line that begins with the word to be captured: at least one octet, none of
// them blank.
func globWord(pattern, name, line string, captured map[string]string) bool {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	for ; end > 0; end-- {
		if glob(pattern[len(name):], line[end:], captured) {
			captured[name[1:]] = line[:end]
			return true
		}
	}
	return false
}
