package pop3_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// upgraded are the states that a session can be in behind a handshake, and what leads there: lines
// in front of STLS, in the clear, and lines behind it.
var upgraded = []struct{ state, clear, secret string }{
	{"AUTHORIZATION", "", ""},
	{"AUTHORIZATION, a name was given in the clear", "USER anna\r\n", ""},
	{"AUTHORIZATION, an exchange was begun in the clear", "AUTH PLAIN\r\n*\r\n", ""},
	{"after USER", "CAPA\r\n", "USER anna\r\n"},
	{"within AUTH PLAIN", "", "AUTH PLAIN\r\n"},
	{"within AUTH LOGIN", "", "AUTH LOGIN\r\nYW5uYQ==\r\n"},
	{"TRANSACTION", "", "USER anna\r\nPASS a secret\r\n"},
	{"TRANSACTION, with marks", "", "USER anna\r\nPASS a secret\r\nDELE 2\r\nDELE 3\r\n"},
	{"TRANSACTION, after RSET", "", "USER anna\r\nPASS a secret\r\nDELE 2\r\nRSET\r\n"},
}

// hearUpgraded has a session over net.Pipe: what is in the clear, STLS, a handshake, what is
// secret, input, and the end. It returns the greeting and what was said behind the handshake.
func hearUpgraded(t *testing.T, server *pop3.Server, clear string, secret []byte) string {
	near, far := net.Pipe()
	over := make(chan error, 1)
	go func() { over <- server.ServeConn(context.Background(), far, false) }()
	defer func() {
		near.Close()
		<-over
	}()
	in := bufio.NewReader(near)
	greeting, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go io.WriteString(near, clear+"STLS\r\n")
	for line := ""; line != "+OK begin TLS\r\n"; {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatalf("no TLS after %q: %v", clear, err)
		}
	}
	conn := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	if err := conn.Handshake(); err != nil {
		t.Fatalf("after %q: %v", clear, err)
	}
	go func() {
		conn.Write(secret)
		conn.CloseWrite()
	}()
	said, _ := io.ReadAll(conn)
	return greeting + string(said)
}

// After a real handshake, in each state, all lines of a session end in CRLF, and messages are
// deleted only for a QUIT that was a whole line. What was sent in the clear is no login.
func FuzzSessionUpgraded(f *testing.F) {
	for state := range upgraded {
		for i, seed := range seeds(f) {
			if i%len(upgraded) == state { // every story somewhere
				f.Add(uint8(state), seed)
			}
		}
		f.Add(uint8(state), []byte("PASS a secret\r\nSTAT\r\nSTLS\r\nQUIT\x00\r\n"))
	}
	config := pop3test.TLS(f, "pop3")
	f.Fuzz(func(t *testing.T, state uint8, input []byte) {
		from := upgraded[int(state)%len(upgraded)]
		store := sampleStore()
		server := newServer(store)
		server.TLS = config
		secret := append([]byte(from.secret), input...)
		said := hearUpgraded(t, server, from.clear, secret)
		checkReplies(t, said, secret, len(store.UIDs("anna")))
		if upper := bytes.ToUpper(secret); strings.Contains(said, "messages (") && !bytes.Contains(upper, []byte("USER")) && !bytes.Contains(upper, []byte("AUTH")) {
			t.Errorf("%q logs in after %s", secret, from.state)
		}
		if store.Opened() != 0 {
			t.Errorf("%d maildrops are open after %s, %q", store.Opened(), from.state, input)
		}
	})
}
