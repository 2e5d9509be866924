package smarthost

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/pop3/pop3test"
)

// A story is one file of testdata: what the client is given, what the server says, and what the
// client makes of it.
//
//	# why
//	user: anna@example.org        login, with password: or token:
//	implicit: yes                 TLS first
//	from: anna@example.org        the message, its recipients, and the result of each
//	utf8: yes                     its header is not ASCII
//	ret: HDRS                     and envid:
//	to: bob@example.org notify=FAILURE orcpt=rfc822;bob@example.org
//	want: sent 250 2.0.0 OK
//	octets: 100                   as the message counts itself
//	error: text                   of Open or Send; a story without it has none
//
//	S: 220 mail.example.org       the server says the line
//	C: EHLO [127.0.0.1]           and waits for a line of the client; * stands for anything
//	[[tls]]                       the handshake
//	[[content]]                   waits for the message of the test, octet by octet
//	[[part]]                      reads the first 40 octets of it
//	[[close]]                     closes the connection
//	[[silence]]                   says nothing until the client gives up
//
// {{"\x00a"}} stands for the base64 of the octets.
type story struct {
	options Options
	message Message
	want    []string
	err     string
	script  []string
}

// content is the message of all stories.
const content = "Subject: hello\r\n\r\n..dots\r\nlast line\r\n.\r\n"

func parseStory(t *testing.T, text string) *story {
	t.Helper()
	s := &story{message: Message{Octets: int64(len(content)) - 4}}
	s.message.Body = func() (io.Reader, int64, error) { return strings.NewReader(content), int64(len(content)), nil }
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "user":
			s.options.Login.User = value
		case "password":
			s.options.Login.Password = value
		case "token":
			s.options.Login.Token = strings.ReplaceAll(value, "LONG", strings.Repeat("x", 500))
		case "implicit":
			s.options.Implicit = true
		case "from":
			s.message.From = value
		case "utf8":
			s.message.UTF8 = true
		case "ret":
			s.message.Return = value
		case "envid":
			s.message.EnvelopeID = value
		case "octets":
			s.message.Octets, _ = strconv.ParseInt(value, 10, 64)
		case "to":
			s.message.To = append(s.message.To, parseTo(value))
		case "want":
			s.want = append(s.want, value)
		case "error":
			s.err = value
		default:
			if line != "" && line[0] != '#' {
				s.script = append(s.script, line)
			}
		}
	}
	return s
}

func parseTo(text string) (r Recipient) {
	text, err := strconv.Unquote(`"` + text + `"`)
	if err != nil {
		panic(err)
	}
	words := strings.Split(text, " ")
	r.Address = words[0]
	for _, word := range words[1:] {
		if v, ok := strings.CutPrefix(word, "notify="); ok {
			r.Notify = v
		} else if v, ok := strings.CutPrefix(word, "orcpt="); ok {
			r.Original = v
		} else {
			r.Address += " " + word
		}
	}
	return r
}

var octets = regexp.MustCompile(`\{\{(".*?")\}\}`)

// expand replaces {{"octets"}} by their base64.
func expand(line string) string {
	return octets.ReplaceAllStringFunc(line, func(m string) string {
		plain, err := strconv.Unquote(m[2 : len(m)-2])
		if err != nil {
			panic(err)
		}
		return base64.StdEncoding.EncodeToString([]byte(plain))
	})
}

// A peer plays the server of a story. Its pump reads all the time, as a kernel does.
type peer struct {
	conn  net.Conn
	tls   *tls.Config
	lines chan string
}

// pump reads lines until STARTTLS or the end. The capacity is more than a story says.
func (p *peer) pump() {
	p.lines = make(chan string, 1000)
	go func(conn net.Conn, lines chan<- string) {
		in := bufio.NewReader(conn)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				close(lines)
				return
			}
			lines <- line
			if line == "STARTTLS\r\n" { // what follows is the handshake
				close(lines)
				return
			}
		}
	}(p.conn, p.lines)
}

func (p *peer) play(script []string) error {
	defer func() { p.conn.Close() }()
	if script[0] != "[[tls]]" {
		p.pump()
	}
	for n := 0; n < len(script); n++ {
		line := script[n]
		var err error
		switch kind, text, _ := strings.Cut(line, " "); {
		case kind == "S:":
			all := expand(text) + "\r\n"
			for n+1 < len(script) && strings.HasPrefix(script[n+1], "S:") {
				n++
				all += expand(strings.TrimPrefix(script[n][2:], " ")) + "\r\n"
			}
			_, err = io.WriteString(p.conn, all)
		case kind == "C:":
			err = p.expect(expand(text))
		case line == "[[tls]]":
			p.conn = tls.Server(p.conn, p.tls)
			p.pump()
		case line == "[[content]]":
			for want := range strings.Lines(content) {
				if err = p.expect(strings.TrimSuffix(want, "\r\n")); err != nil {
					break
				}
			}
		case line == "[[close]]":
			return nil
		case line == "[[silence]]":
			for range p.lines { // until the client closes
			}
		default:
			err = fmt.Errorf("not understood: %s", line)
		}
		if err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
	}
	for line := range p.lines {
		if line != "QUIT\r\n" {
			return fmt.Errorf("the client says %q", line)
		}
		p.conn.Close()
	}
	return nil
}

func (p *peer) expect(want string) error {
	got, ok := <-p.lines
	if !ok {
		return errors.New("the client closed the connection")
	}
	if match, err := path.Match(want, strings.TrimSuffix(got, "\r\n")); err != nil || !match && got != want+"\r\n" {
		return fmt.Errorf("the client says %q", got)
	}
	return nil
}

// TestStories plays the dialogues of testdata, in a time of their own.
func TestStories(t *testing.T) {
	stories, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(stories) < 10 {
		t.Fatalf("%d stories (%v)", len(stories), err)
	}
	for _, file := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { playStory(t, parseStory(t, string(text))) })
		})
	}
}

func playStory(t *testing.T, s *story) {
	near, far := net.Pipe()
	config := pop3test.TLS(t, "")
	config.SessionTicketsDisabled = true // a pipe holds nothing: the ticket would wait for a reader
	ended := make(chan error, 1)
	go func() { ended <- (&peer{conn: far, tls: config}).play(s.script) }()

	s.options.TLS = &tls.Config{InsecureSkipVerify: true}
	session, err := Open(t.Context(), near, s.options)
	if err == nil {
		var results []Result
		if len(s.message.To) > 0 {
			results, err = session.Send(&s.message)
		}
		compareResults(t, results, s.want)
		session.Close()
	}
	switch {
	case s.err == "" && err != nil:
		t.Errorf("error: %v", err)
	case s.err != "" && (err == nil || !strings.Contains(err.Error(), s.err)):
		t.Errorf("error: %v, want %q in it", err, s.err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func compareResults(t *testing.T, got []Result, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d results, want %d", len(got), len(want))
	}
	for i, r := range got {
		text := r.Outcome.String()
		if r.Reply.Code != 0 {
			text += " " + r.Reply.String()
		}
		if match, err := path.Match(want[i], text); err != nil || !match {
			t.Errorf("recipient %d: %s, want %s", i, text, want[i])
		}
	}
}

// TestContextEnds: the end of the context ends a session that waits.
func TestContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := Open(ctx, near, Options{TLS: &tls.Config{}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error: %v", err)
		}
	})
}
