package imapfetch

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"pillarbox/appliance/remote/session"
)

// A stranger is a server that answers as answer says, which is given the tag and the rest of each
// command and writes what it likes; an error ends the connection.
func stranger(t *testing.T, greeting string, answer func(w io.Writer, tag, rest string) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, greeting+"\r\n"); err != nil {
			return
		}
		for in := bufio.NewScanner(conn); in.Scan(); {
			tag, rest, _ := strings.Cut(in.Text(), " ")
			if err := answer(conn, tag, rest); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return l.Addr().String()
}

// endless writes a text until the other side has gone.
func endless(w io.Writer, text string) error {
	text = strings.Repeat(text, 1+4000/len(text))
	for {
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
}

// TestHostile: whatever a server sends without an end, or too much of, ends the session with an
// error that says so.
func TestHostile(t *testing.T) {
	const preauth = "* PREAUTH [CAPABILITY IMAP4rev1] ready"
	ordinary := func(w io.Writer, tag, rest string) error {
		switch rest, _, _ = strings.Cut(rest, " "); rest {
		case "SELECT":
			io.WriteString(w, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n")
		case "CAPABILITY":
			io.WriteString(w, "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n")
		}
		_, err := fmt.Fprintf(w, "%s OK done\r\n", tag)
		return err
	}
	instead := func(command string, do func(w io.Writer, tag string) error) func(io.Writer, string, string) error {
		return func(w io.Writer, tag, rest string) error {
			if strings.HasPrefix(rest, command) {
				return do(w, tag)
			}
			return ordinary(w, tag, rest)
		}
	}
	once := func(text string) func(w io.Writer, tag string) error {
		return func(w io.Writer, tag string) error {
			_, err := fmt.Fprintf(w, text+"%s OK done\r\n", tag)
			return err
		}
	}
	forever := func(text string) func(w io.Writer, tag string) error {
		return func(w io.Writer, _ string) error { return endless(w, text) }
	}
	const login = "* OK ready"
	for _, tt := range []struct {
		name, greeting, says string
		answer               func(io.Writer, string, string) error
	}{
		{"a greeting without an end", "* OK " + strings.Repeat("x", 1<<20), "a line of more than", ordinary},
		{"a line without an end", preauth, "a line of more than", instead("FETCH", forever("x"))},
		{"10^9 messages", preauth, "lists 1000000000 messages", instead("SELECT", once("* 1000000000 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"))},
		{"2 GiB in the place of a name", preauth, "a literal of 2147483648", instead("FETCH", once("* LIST () \"/\" {2147483648}\r\n"))},
		{"64 KiB in the place of a name", preauth, "a literal of 65536", instead("FETCH", once("* LIST () \"/\" {65536}\r\n"))},
		{"2 GiB in the place of a message", preauth, "a literal of 2147483648", instead("FETCH", once("* 1 FETCH (UID 1 BODY[] {2147483648}\r\n"))},
		{"a message in the place of a listing", preauth, "not asked for", instead("FETCH", once("* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n"))},
		{"too few messages", preauth, "incomplete: 1 of 3", instead("FETCH", once("* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n"))},
		{"+ without an end", login, "breaks the protocol", instead("AUTHENTICATE", forever("+ eA==\r\n"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := anna
			l.Token = tt.greeting == login
			m, err := openIMAP(t, stranger(t, tt.greeting, tt.answer), l, "INBOX")
			if err == nil {
				_, err = listAll(m)
				m.client.Close()
			}
			e := session.As(err)
			if e == nil || e.Kind != session.Protocol || !strings.Contains(e.Text, tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

// TestLinesWithoutEnd: short lines end as well, also those of messages that were listed before.
func TestLinesWithoutEnd(t *testing.T) {
	near, far := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- endless(far, "* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n") }()
	n, err := io.Copy(io.Discard, newLine(near, ""))
	if e := session.As(err); e == nil || e.Kind != session.Protocol || n > mostLines {
		t.Errorf("%d octets, %v", n, err)
	}
	near.Close()
	<-ended
}

func TestLiteralOf(t *testing.T) {
	for text, want := range map[string]int64{
		"* LIST () {12}\r\n": 12, "{12+}\r\n": 12, "* OK {-5}\r\n": 0, "* OK {}\r\n": 0, "* OK\r\n": 0,
		"{99999999999999999999}\r\n": 0,
	} {
		if got := literalOf([]byte(text)); got != want {
			t.Errorf("%q announces %d octets, want %d", text, got, want)
		}
	}
}
