package popclient

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/remote/session"
)

// converse plays the server's side of a transcript against do. Lines that begin with "C: " are
// awaited, those with "S: " are sent. The session counts as one with TLS.
func converse(t *testing.T, transcript string, do func(c *Client) error) error {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	ended := make(chan error, 1)
	go func() {
		defer far.Close()
		ended <- play(far, transcript)
	}()
	c, err := New(near, true)
	if err == nil {
		err = do(c)
	}
	near.Close()
	if failed := <-ended; failed != nil {
		t.Error(failed)
	}
	return err
}

func play(conn net.Conn, transcript string) error {
	in := bufio.NewReader(conn)
	for line := range strings.Lines(transcript) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "S: "):
			if _, err := io.WriteString(conn, line[3:]+"\r\n"); err != nil {
				return fmt.Errorf("%q was not read: %w", line, err)
			}
		case strings.HasPrefix(line, "C: "):
			got, err := in.ReadString('\n')
			if got != line[3:]+"\r\n" {
				return fmt.Errorf("the client sent %q (%v), want %q", got, err, line[3:])
			}
		}
	}
	return nil
}

var (
	anna  = session.Login{User: "anna@example.org", Secret: "secret"}
	token = session.Login{User: "anna@example.org", Secret: "ya29.abc", Token: true}
)

const plainBase64 = "AGFubmFAZXhhbXBsZS5vcmcAc2VjcmV0"

// TestDialects: logins and listings in the words of servers, from their documentation and from
// reports of users. None of them was reached.
func TestDialects(t *testing.T) {
	list := func(c *Client) error { return c.List(func(session.Message) error { return nil }) }
	for _, tt := range []struct {
		name, transcript string
		do               func(c *Client) error
		kind             session.Kind // of the error; 0: there is none
	}{
		{"Gmail, an app password", `
S: +OK Gpop ready for requests from 192.0.2.1 a1mb1
C: CAPA
S: +OK Capability list follows
S: USER
S: RESP-CODES
S: EXPIRE 0
S: LOGIN-DELAY 300
S: TOP
S: UIDL
S: X-GOOGLE-RICO
S: SASL PLAIN XOAUTH2 OAUTHBEARER
S: .
C: AUTH PLAIN
S: + 
C: ` + plainBase64 + `
S: +OK Welcome.
C: STAT
S: +OK 0 0
`, func(c *Client) error { return errors.Join(c.Login(anna), list(c)) }, 0},
		{"Gmail, a wrong password", `
S: +OK Gpop ready
C: CAPA
S: +OK
S: USER
S: SASL PLAIN
S: .
C: AUTH PLAIN
S: +
C: ` + plainBase64 + `
S: -ERR [AUTH] Username and password not accepted.
`, func(c *Client) error { return c.Login(anna) }, session.Auth},
		{"Exchange, a token in two steps", `
S: +OK The Microsoft Exchange POP3 service is ready.
C: CAPA
S: +OK
S: TOP
S: UIDL
S: SASL PLAIN XOAUTH2
S: USER
S: .
C: AUTH XOAUTH2
S: + 
C: dXNlcj1hbm5hQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHlhMjkuYWJjAQE=
S: +OK User successfully authenticated.
`, func(c *Client) error { return c.Login(token) }, 0},
		{"Exchange, a token that has expired", `
S: +OK The Microsoft Exchange POP3 service is ready.
C: CAPA
S: +OK
S: SASL PLAIN XOAUTH2
S: .
C: AUTH XOAUTH2
S: + 
C: dXNlcj1hbm5hQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHlhMjkuYWJjAQE=
S: + eyJzdGF0dXMiOiI0MDAifQ==
C: 
S: -ERR Authentication failure: unknown user name or bad password.
`, func(c *Client) error { return c.Login(token) }, session.Auth},
		{"Exchange, throttled", `
S: +OK ready
C: CAPA
S: +OK
S: USER
S: .
C: USER anna@example.org
S: +OK
C: PASS secret
S: -ERR Request is throttled. Suggested Backoff Time: 299961 milliseconds
`, func(c *Client) error { return c.Login(anna) }, session.Busy},
		{"Yahoo, in use by another session", `
S: +OK hello from popgate
C: CAPA
S: +OK CAPA list follows
S: UIDL
S: TOP
S: SASL PLAIN
S: .
C: AUTH PLAIN
S: + 
C: ` + plainBase64 + `
S: -ERR [IN-USE] mailbox is locked
`, func(c *Client) error { return c.Login(anna) }, session.Busy},
		{"GMX, POP3 is off", `
S: +OK POP server ready H mieue111
C: CAPA
S: +OK Capability list follows
S: USER
S: SASL PLAIN
S: .
C: AUTH PLAIN
S: + 
C: ` + plainBase64 + `
S: -ERR [AUTH] Cannot login, please enable POP3 access in your GMX settings
`, func(c *Client) error { return c.Login(anna) }, session.Auth},
		{"an old server without CAPA, SASL", `
S: +OK QPOP (version 2.53) at pop.example.org starting.
C: CAPA
S: -ERR Unknown command: "capa".
C: USER anna@example.org
S: +OK Password required for anna.
C: PASS secret
S: +OK anna has 1 message (42 octets).
C: STAT
S: +OK 1 42
C: LIST
S: +OK
S: 1 42
S: .
C: UIDL
S: +OK
S: 1 abc
S: .
`, func(c *Client) error { return errors.Join(c.Login(anna), list(c)) }, 0},
		{"Gmail, too many sessions", `
S: +OK Gpop ready for requests from 192.0.2.1 a1mb1
C: CAPA
S: +OK Capability list follows
S: USER
S: LOGIN-DELAY 300
S: SASL PLAIN XOAUTH2 OAUTHBEARER
S: .
C: AUTH PLAIN
S: + 
C: ` + plainBase64 + `
S: -ERR [IN-USE] Too many simultaneous connections. (Failure)
`, func(c *Client) error { return c.Login(anna) }, session.Busy},
		{"Exchange, sizes of LIST that are no numbers and STAT that is wrong", `
S: +OK The Microsoft Exchange POP3 service is ready.
C: CAPA
S: +OK
S: TOP
S: UIDL
S: SASL PLAIN XOAUTH2
S: USER
S: .
C: STAT
S: +OK 2 1
C: LIST
S: +OK 2 1
S: 1 99999999999999999999
S: 2 -1
S: .
C: UIDL
S: +OK
S: 1 AAAAAA
S: 2 BBBBBB
S: .
C: RETR 1
S: +OK
S: Subject: a
S: 
S: text
S: .
`, func(c *Client) error { return errors.Join(list(c), c.Fetch(1, 0, io.Discard)) }, 0},
		{"Yahoo, try again", `
S: +OK hello from popgate
C: CAPA
S: +OK CAPA list follows
S: UIDL
S: TOP
S: SASL PLAIN
S: .
C: AUTH PLAIN
S: + 
C: ` + plainBase64 + `
S: -ERR [SYS/TEMP] Server error, please try again later
`, func(c *Client) error { return c.Login(anna) }, session.Busy},
		{"an old server of Comcast, whose TOP is cut", `
S: +OK <Maillennium V05.00c++> POP3 server ready
C: CAPA
S: -ERR bad command CAPA
C: USER anna@example.org
S: +OK User name okay, need password.
C: PASS secret
S: +OK 1 messages
C: TOP 1 0
S: +OK
S: Subject: a
S: 
S: .
C: RETR 1
S: +OK 90000 octets
S: Subject: a
S: 
S: the whole
S: .
`, func(c *Client) error {
			return errors.Join(c.Login(anna), c.Header(1, io.Discard), c.Fetch(1, 0, io.Discard))
		}, 0},
		{"a listing that ends early", `
S: +OK
C: CAPA
S: -ERR
C: STAT
S: +OK 3 900
C: LIST
S: +OK
S: 1 300
S: 3 300
S: .
`, list, session.Protocol},
		{"UIDL with a message less", `
S: +OK
C: CAPA
S: -ERR
C: STAT
S: +OK 2 600
C: LIST
S: +OK
S: 1 300
S: 2 300
S: .
C: UIDL
S: +OK
S: 1 a
S: .
`, list, session.Protocol},
		{"a million messages", `
S: +OK
C: CAPA
S: -ERR
C: STAT
S: +OK 1000000 1000000
`, list, session.Protocol},
		{"try again later", `
S: -ERR [SYS/TEMP] Server busy
`, list, session.Busy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := converse(t, tt.transcript, tt.do)
			if e := session.As(err); (e == nil) != (tt.kind == 0) || e != nil && e.Kind != tt.kind {
				t.Errorf("%v, want kind %d", err, tt.kind)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
}

// TestDelay: LOGIN-DELAY is what CAPA says of it.
func TestDelay(t *testing.T) {
	for line, want := range map[string]time.Duration{
		"LOGIN-DELAY 300": 5 * time.Minute, "login-delay 900 USER": 15 * time.Minute, "LOGIN-DELAY 999999999": 24 * time.Hour, "LOGIN-DELAY": 0, "LOGIN-DELAY -1": 0, "UIDL": 0,
	} {
		c, err := New(answers{in: bytes.NewReader([]byte("+OK\r\n+OK\r\n" + line + "\r\n.\r\n"))}, true)
		if err != nil || c.Delay() != want {
			t.Errorf("%s: %v, %v", line, c.Delay(), err)
		}
	}
}

// TestNoTLS: nothing that is secret is sent without TLS.
func TestNoTLS(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	ended := make(chan error, 1)
	go func() { ended <- play(far, "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .\n") }()
	c, err := New(near, false)
	if err != nil {
		t.Fatal(err)
	}
	if e := session.As(c.Login(anna)); e == nil || e.Kind != session.Certificate {
		t.Errorf("login: %v", e)
	}
	if e := session.As(c.StartTLS(t.Context(), nil)); e == nil || e.Kind != session.Certificate {
		t.Errorf("STLS that is not offered: %v", e)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestMessages: unique-ids that are there twice are not used, content comes without byte-stuffing.
func TestMessages(t *testing.T) {
	var rows []string
	var got bytes.Buffer
	err := converse(t, `
S: +OK
C: CAPA
S: -ERR
C: STAT
S: +OK 3 100
C: LIST
S: +OK 3 messages
S: 1 10
S: 2 x
S: 3 30
S: .
C: UIDL
S: +OK
S: 1 same
S: 2 own
S: 3 same
S: .
C: RETR 2
S: +OK 10 octets
S: Subject: a
S: 
S: ..one
S: ...two
S: 
S: .
C: TOP 1 0
S: -ERR no such command
C: DELE 2
S: +OK
C: QUIT
S: +OK bye
`, func(c *Client) error {
		err := c.List(func(m session.Message) error {
			rows = append(rows, fmt.Sprintf("%d %q %d", m.Ref, m.ID, m.Octets))
			return nil
		})
		if err != nil {
			return err
		}
		if err := c.Fetch(2, 0, &got); err != nil {
			return err
		}
		if e := session.As(c.Header(1, io.Discard)); e == nil || e.Kind != session.Refused {
			t.Errorf("TOP: %v", e)
		}
		if err := c.Fetch(2, 5, io.Discard); !errors.Is(err, session.ErrNoRange) {
			t.Errorf("a part: %v", err)
		}
		return errors.Join(c.Delete([]uint64{2}), c.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := `[1 "" 10 2 "pop3 own" 0 3 "" 30]`; fmt.Sprint(rows) != want {
		t.Errorf("the rows are %v, want %s", rows, want)
	}
	if want := "Subject: a\r\n\r\n.one\r\n..two\r\n\r\n"; got.String() != want {
		t.Errorf("the content is %q, want %q", got.String(), want)
	}
}

// TestEndlessHeader: a header of more than 256 KiB ends the session.
func TestEndlessHeader(t *testing.T) {
	head := strings.Repeat("X-Field: "+strings.Repeat("x", 80)+"\r\n", 4000)
	for size, want := range map[int]bool{200 << 10: true, len(head): false} {
		c, err := New(answers{in: bytes.NewReader([]byte("+OK\r\n-ERR\r\n+OK\r\n" + head[:size] + "\r\n.\r\n"))}, true)
		if err != nil {
			t.Fatal(err)
		}
		if e := session.As(c.Header(1, io.Discard)); (e == nil) != want || e != nil && e.Kind != session.Protocol || (c.dead == nil) != want {
			t.Errorf("%d octets: %v", size, e)
		}
	}
}

// TestRefusedToken: what the server says in its challenge is in the error.
func TestRefusedToken(t *testing.T) {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		in := bufio.NewScanner(far)
		for _, line := range []string{"+OK", "+OK\r\nSASL XOAUTH2\r\n.", "+ ", "+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=", "-ERR no"} {
			fmt.Fprint(far, line+"\r\n")
			in.Scan()
		}
	}()
	c, err := New(near, true)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Login(session.Login{User: "anna", Secret: "t", Token: true})
	if e := session.As(err); e == nil || e.Kind != session.Auth || e.Text != "AUTH XOAUTH2: no (the access token has expired or was withdrawn)" {
		t.Error(err)
	}
}
