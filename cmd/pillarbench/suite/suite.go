package suite

import (
	"embed"
	"errors"
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	"pillarbox/pop3/pop3test/transcript"
)

// A Verdict is the result of a case.
type Verdict string

const (
	Passed Verdict = "pass"
	Failed Verdict = "FAIL"
	Absent Verdict = "absent" // the server does not offer what the case is about
)

// Play plays a case. The string says where the server differs, or what it does not offer.
func (s *Server) Play(c Case) (Verdict, string) {
	r := &run{Server: s, protocol: c.Protocol}
	stage := transcript.Stage{
		Dial:     r.dialParty,
		Words:    map[string]string{"user": s.User, "password": s.Password, "address": s.Address},
		Direct:   r.direct,
		Patience: s.patience(),
	}
	err := stage.Play(c.text)
	switch {
	case err == nil:
		return Passed, ""
	case errors.Is(err, errAbsent):
		return Absent, strings.TrimPrefix(err.Error(), errAbsent.Error()+": ")
	}
	return Failed, err.Error()
}

// A run is a case that is being played.
type run struct {
	*Server
	protocol  string
	delivered int // messages since the maildrop was emptied
	emptied   bool
}

// protocols are the ports that a server can have.
var protocols = []string{"pop3", "pop3s", "smtp", "smtps", "lmtp"}

// dialParty connects a party to the port that is the first word of its name, or to that of the
// case.
func (r *run) dialParty(name string) (net.Conn, error) {
	if protocol, _, _ := strings.Cut(name, " "); slices.Contains(protocols, protocol) {
		return r.dial(protocol)
	}
	return r.dial(r.protocol)
}

// direct executes the suite's own directives.
func (r *run) direct(verb, argument string) (bool, error) {
	switch verb {
	case "mail":
		return true, r.mail(argument)
	case "empty":
		r.emptied, r.delivered = true, 0
		return true, r.Server.empty()
	case "arrived":
		n, err := strconv.Atoi(argument)
		if err != nil {
			return true, err
		}
		return true, r.Server.arrived(n)
	case "needs":
		protocol, keyword, _ := strings.Cut(argument, " ")
		return true, r.offers(protocol, keyword)
	case "slow":
		if !r.Slow {
			return true, fmt.Errorf("%w: slow", errAbsent)
		}
		return true, nil
	}
	return false, nil
}

// mail delivers messages and waits for them.
func (r *run) mail(argument string) error {
	name, count, several := strings.Cut(argument, " ")
	times := 1
	if several {
		var err error
		if times, err = strconv.Atoi(count); err != nil {
			return err
		}
	}
	text, err := message(name)
	if err != nil {
		return err
	}
	if !r.emptied {
		r.emptied = true
		if err := r.Server.empty(); err != nil {
			return err
		}
	}
	for range times {
		if err := r.Server.deliver(text); err != nil {
			return err
		}
	}
	r.delivered += times
	return r.Server.arrived(r.delivered)
}

//go:embed pop3/*.txt smtp/*.txt lmtp/*.txt
var transcripts embed.FS

// A Case is a transcript.
type Case struct {
	Protocol string // "pop3", "smtp" or "lmtp"
	Name     string // name of the file without ".txt"
	Section  string // its source, such as "RFC 1939 §5"
	Why      string // what must hold, in a sentence
	text     string
}

// Cases returns the cases whose "protocol/name" contains one of the words, in order. Without
// words it returns all.
func Cases(words ...string) []Case {
	var found []Case
	for _, protocol := range []string{"pop3", "smtp", "lmtp"} {
		files, err := transcripts.ReadDir(protocol)
		if err != nil {
			panic(err) // the files are embedded
		}
		for _, file := range files {
			name := strings.TrimSuffix(file.Name(), ".txt")
			if !holdsOne(protocol+"/"+name, words) {
				continue
			}
			text, err := transcripts.ReadFile(path.Join(protocol, file.Name()))
			if err != nil {
				panic(err)
			}
			found = append(found, newCase(protocol, name, string(text)))
		}
	}
	return found
}

func holdsOne(name string, words []string) bool {
	for _, word := range words {
		if strings.Contains(name, word) {
			return true
		}
	}
	return len(words) == 0
}

// newCase parses the first line of a transcript: "# RFC 1939 §5: why".
func newCase(protocol, name, text string) Case {
	first, _, _ := strings.Cut(text, "\n")
	section, why, _ := strings.Cut(strings.TrimPrefix(first, "# "), ": ")
	return Case{Protocol: protocol, Name: name, Section: section, Why: why, text: text}
}

// messages are the bodies that [[mail]] delivers, by name, which is also the subject. Lines end
// in CRLF.
var messages = map[string]string{
	"one":       "first\r\n",
	"two":       "second\r\n",
	"three":     "third\r\n",
	"lines":     "1\r\n2\r\n3\r\n4\r\n",
	"dots":      ".\r\n..\r\n...\r\n.dot\r\nlast\r\n",
	"blank":     "\r\n\r\n.\r\n\r\n",
	"empty":     "",
	"long":      strings.Repeat("x", 70_000) + "\r\nend\r\n",
	"eight-bit": "gr\xc3\xbc\xc3\x9fe\r\n\xa0\xff\r\ntab\there\r\n",
	"large":     strings.Repeat(strings.Repeat("0123456789", 7)+"\r\n", 15_000),
}

// message returns a complete message. It has the header fields that servers add if they are
// missing.
func message(name string) (string, error) {
	body, known := messages[name]
	if !known {
		return "", fmt.Errorf("no message is called %s", name)
	}
	return "From: Bert <bert@example.org>\r\nTo: Anna <anna@home.arpa>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n" +
		"Message-ID: <" + name + "@example.org>\r\nSubject: " + name + "\r\n\r\n" + body, nil
}
