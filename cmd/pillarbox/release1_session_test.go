package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"testing"
)

// login begins a session whose headers are not rewritten (RFC 6856).
func (r *release1) login(t *testing.T, name, password string) *textproto.Conn {
	t.Helper()
	conn, err := r.server.dial("pop3.listen")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, command := range []string{"UTF8", "USER " + name, "PASS " + password} {
		ask(t, conn, command)
	}
	return conn
}

// ask says a command, whose answer has to be +OK.
func ask(t *testing.T, conn *textproto.Conn, command string) string {
	t.Helper()
	if err := conn.PrintfLine("%s", command); err != nil {
		t.Fatal(err)
	}
	answer, err := conn.ReadLine()
	if err != nil || !strings.HasPrefix(answer, "+OK") {
		t.Fatalf("%s: %q, %v", command, answer, err)
	}
	return answer
}

// block reads a multi-line answer as it is sent, without its last line.
func block(t *testing.T, in *bufio.Reader) (octets []byte) {
	t.Helper()
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		if string(line) == ".\r\n" {
			return octets
		}
		octets = append(octets, line...)
	}
}

// holds checks that a view has these messages, octet for octet.
func (r *release1) holds(t *testing.T, v oldView, want []oldMessage) {
	t.Helper()
	conn := r.login(t, v.Login, v.Password)
	var got []oldMessage
	ask(t, conn, "LIST")
	for line := range strings.Lines(string(block(t, conn.R))) {
		var n, octets int
		if _, err := fmt.Sscanf(line, "%d %d", &n, &octets); err != nil {
			t.Fatalf("LIST: %q", line)
		}
		got = append(got, oldMessage{Octets: octets})
	}
	ask(t, conn, "UIDL")
	for at, line := range strings.Split(strings.TrimSpace(string(block(t, conn.R))), "\r\n") {
		if _, uid, ok := strings.Cut(line, " "); ok && at < len(got) {
			got[at].UID = uid
		}
	}
	for at := range got {
		ask(t, conn, fmt.Sprintf("RETR %d", at+1))
		sum := sha256.Sum256(block(t, conn.R))
		got[at].SHA256 = hex.EncodeToString(sum[:])
	}
	ask(t, conn, "QUIT")
	if !slices.Equal(got, want) {
		t.Errorf("%s has %v, want %v", v.Login, got, want)
	}
}

// fillers checks the mailboxes that have most of the messages: those at either end and one between.
func (r *release1) fillers(t *testing.T) {
	t.Helper()
	for _, n := range []int{1, r.manifest.Fillers.Accounts / 2, r.manifest.Fillers.Accounts} {
		name := fmt.Sprintf("filler%d", n)
		conn := r.login(t, name, r.manifest.Fillers.Password)
		if got, want := ask(t, conn, "STAT"), fmt.Sprintf("+OK %d ", r.manifest.Fillers.Messages); !strings.HasPrefix(got, want) {
			t.Errorf("%s: STAT: %q, want %q", name, got, want)
		}
		ask(t, conn, "RETR 1")
		block(t, conn.R)
		ask(t, conn, "QUIT")
	}
}

// refusesMail checks that a spool whose index is too large for the memory takes no mail, and says
// so in a way that lets senders try again.
func (r *release1) refusesMail(t *testing.T) {
	t.Helper()
	conn, err := r.server.dial("smtp.listen")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var answer string
	for _, line := range []string{"HELO test", "MAIL FROM:<>", "RCPT TO:<filler1@home.arpa>", "DATA", ".", "QUIT"} {
		if err := conn.PrintfLine("%s", line); err != nil {
			t.Fatal(err)
		}
		if answer, err = conn.ReadLine(); err != nil {
			t.Fatal(err)
		}
		if answer[0] > '3' {
			break
		}
	}
	if !strings.HasPrefix(answer, "452 ") {
		t.Errorf("mail is answered %q, want 452", answer)
	}
}

// deletes deletes message n of a view.
func (r *release1) deletes(t *testing.T, v oldView, n int) {
	t.Helper()
	conn := r.login(t, v.Login, v.Password)
	ask(t, conn, fmt.Sprintf("DELE %d", n))
	ask(t, conn, "QUIT")
}
