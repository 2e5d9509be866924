package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"runtime"
	"strings"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// talkCounted starts a session whose writes are counted.
func talkCounted(t testing.TB, server *pop3.Server) (*client, *counter) {
	near, far := pair(t)
	counted := &counter{Conn: far}
	return talk(t, context.Background(), server, near, counted), counted
}

// talkCountedTLS is talkCounted over TLS.
func talkCountedTLS(t testing.TB, server *pop3.Server) (*client, *counter) {
	server.TLS = pop3test.TLS(t, "pop3")
	near, far := pair(t)
	counted := &counter{Conn: far}
	over := make(chan error, 1)
	go func() { over <- server.ServeConn(context.Background(), counted, true) }()
	conn := tls.Client(near, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"pop3"}})
	c := &client{t: t, conn: conn, in: bufio.NewReader(conn), over: over}
	c.want("+OK")
	return c, counted
}

// D20: popa3d and E-MailRelay write a reply in two small pieces, which costs 40 ms for each
// message. Here every reply to a single command is one write.
func TestD20OneWriteAReply(t *testing.T) {
	c, counted := talkCounted(t, newServer(sampleStore()))
	for _, command := range []string{"CAPA", "USER anna", "PASS a secret", "STAT", "LIST", "LIST 1", "UIDL", "UIDL 1", "RETR 2", "TOP 2 1", "RETR 9", "DELE 1", "NOOP", "RSET", "QUIT"} {
		before := counted.writes.Load()
		c.say(command)
		switch command {
		case "CAPA", "LIST", "UIDL", "RETR 2", "TOP 2 1":
			c.multi()
		default:
			c.want("")
		}
		if got := counted.writes.Load() - before; got != 1 {
			t.Errorf("%s: %d writes, want 1", command, got)
		}
	}
	c.end()
}

// D20 over TLS: the line and the body of a reply are in one record.
func TestD20OneWriteAReplyOverTLS(t *testing.T) {
	c, counted := talkCountedTLS(t, newServer(sampleStore()))
	c.logIn()
	for _, command := range []string{"STAT", "RETR 2", "TOP 2 1", "LIST"} {
		before := counted.writes.Load()
		c.say(command)
		if command == "STAT" {
			c.want("+OK")
		} else {
			c.multi()
		}
		if got := counted.writes.Load() - before; got != 1 {
			t.Errorf("%s: %d writes, want 1", command, got)
		}
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

// RFC 2449 §6.6: commands that arrive in one packet are answered in one.
func TestPipelinedCommandsOneWrite(t *testing.T) {
	c, counted := talkCounted(t, newServer(sampleStore()))
	c.logIn()
	before := counted.writes.Load()
	c.say("RETR 1", "RETR 2", "RETR 3", "TOP 1 0", "LIST", "UIDL", "STAT", "DELE 1", "DELE 2", "QUIT")
	for range 6 {
		c.multi()
	}
	for range 4 {
		c.want("+OK")
	}
	if got := counted.writes.Load() - before; got != 1 {
		t.Errorf("%d writes, want 1", got)
	}
	c.end()
}

// The replies to pipelined commands leave in wide writes, and only the last one is smaller. Such a
// write costs as much as the copies of some messages. Over TLS it has all records of the buffer.
func TestPipelinedCommandsWideWrites(t *testing.T) {
	for name, talk := range map[string]func(testing.TB, *pop3.Server) (*client, *counter){"plain": talkCounted, "TLS": talkCountedTLS} {
		t.Run(name, func(t *testing.T) {
			store := new(pop3test.Store)
			mail := large(4 << 10)
			store.Deliver("anna", mail)
			c, counted := talk(t, newServer(store))
			c.logIn()
			before := len(counted.sizes)
			const commands = 50
			c.say(strings.Repeat("RETR 1\r\n", commands-1) + "RETR 1")
			for range commands {
				if got := c.multi(); got != mail {
					t.Fatalf("got %d octets, want %d", len(got), len(mail))
				}
			}
			pieces := counted.sizes[before:]
			for i, n := range pieces[:len(pieces)-1] {
				if n < pop3.WideSize || n > 64<<10 || name == "plain" && n != pop3.WideSize {
					t.Errorf("piece %d of %d has %d octets, want %d", i, len(pieces), n, pop3.WideSize)
				}
			}
			if want := commands*(len(mail)+len("+OK 4096 octets\r\n.\r\n"))/pop3.WideSize + 1; len(pieces) != want {
				t.Errorf("%d pieces, want %d: %d", len(pieces), want, pieces)
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	}
}

// A body that does not fit into one write is sent in full buffers; only the last is smaller.
func TestLargeBodyInFullPieces(t *testing.T) {
	store := new(pop3test.Store)
	store.Deliver("anna", "Subject: large\n\n"+strings.Repeat("0123456789abcde\n", 20000))
	c, counted := talkCounted(t, newServer(store))
	c.logIn()
	c.say("RETR 1")
	c.multi()
	c.say("QUIT")
	c.want("+OK")
	c.end()
	pieces := counted.sizes[3 : len(counted.sizes)-1] // greeting, USER and PASS before, QUIT behind
	for i, n := range pieces {
		if n != pop3.BufferSize && i < len(pieces)-1 {
			t.Errorf("piece %d of %d has %d octets, want %d", i, len(pieces), n, pop3.BufferSize)
		}
	}
	if want := 340020/pop3.BufferSize + 1; len(pieces) != want {
		t.Errorf("%d pieces, want %d", len(pieces), want)
	}
}

// LIST and UIDL of a large maildrop are sent in bounded pieces, and need no allocation for each
// message.
func TestListingsAreBounded(t *testing.T) {
	const messages = 100_000
	c, counted := talkCounted(t, newServer(sizedStore(messages)))
	c.logIn()
	for _, command := range []string{"LIST", "UIDL"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.say(command)
		c.want("+OK")
		lines := 0
		for {
			line, err := c.in.ReadSlice('\n')
			if err != nil {
				t.Fatal(err)
			}
			if string(line) == ".\r\n" {
				break
			}
			lines++
		}
		runtime.ReadMemStats(&after)
		if lines != messages {
			t.Errorf("%s has %d lines, want %d", command, lines, messages)
		}
		if got := after.Mallocs - before.Mallocs; got > 100 { // about ten, and some of the runtime
			t.Errorf("%s made %d allocations for %d messages", command, got, messages)
		}
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
	for i, n := range counted.sizes {
		if n > pop3.BufferSize {
			t.Errorf("write %d has %d octets, want at most %d", i, n, pop3.BufferSize)
		}
	}
}
