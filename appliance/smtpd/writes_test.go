package smtpd_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/wire"
)

// A counter is a connection that counts its writes.
type counter struct {
	net.Conn
	writes int
}

func (c *counter) Write(p []byte) (int, error) {
	c.writes++
	return c.Conn.Write(p)
}

// TestWrites: a reply leaves in one write, and so do the replies to commands that came together.
func TestWrites(t *testing.T) {
	batch := untilData[:len(untilData)-len("DATA\r\n")] + strings.Repeat("RCPT TO:<bert@mail.home.arpa>\r\n", 10)
	for _, tt := range []struct {
		name    string
		said    []string
		replies int // replies, including the greeting
		writes  int // at most, including the greeting's
	}{
		{"EHLO", []string{"EHLO client\r\n"}, 2, 2},
		{"a batch of 15", []string{batch + "DATA\r\n", "Subject: x\r\n\r\n.\r\nQUIT\r\n"}, 17, 5},
		{"a batch of 15 with its content", []string{batch + "DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n"}, 17, 3},
		{"one at a time", []string{"NOOP\r\n", "NOOP\r\n", "NOOP\r\n"}, 4, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, _ := newServer(new(backend))
			client, conn := net.Pipe()
			counted := &counter{Conn: conn}
			over := make(chan struct{})
			go func() {
				defer close(over)
				server.ServeConn(context.Background(), counted, false)
			}()
			in, replies := bufio.NewScanner(client), 0
			hear := func() {
				for in.Scan() {
					if in.Text()[3] == ' ' {
						replies++
						return
					}
				}
			}
			hear()
			for _, text := range tt.said {
				client.Write([]byte(text))
				for range strings.Count(strings.SplitAfter(text, "DATA\r\n")[0], "\n") {
					hear()
				}
			}
			for replies < tt.replies {
				hear()
			}
			client.Close()
			<-over
			if counted.writes > tt.writes {
				t.Errorf("%d writes, want at most %d", counted.writes, tt.writes)
			}
		})
	}
}

// TestContent: what is stored is what was sent, however it was divided on the way, and no write to
// the store is larger than the session's buffer.
func TestContent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	content := []byte("Subject: random\r\n\r\n")
	for len(content) < 300_000 {
		const octets = "ab.\r\n\n.\r\x00\xff"
		content = append(content, octets[random.IntN(len(octets))])
	}
	content = append(content, "\r\n"...)
	var scanner, raw wire.Scanner
	stuffed := append(bytes.ReplaceAll(content, []byte("\r\n."), []byte("\r\n..")), ".\r\n"...)
	want, _, _ := scanner.Scan(nil, stuffed)
	wantRaw := raw.Close(raw.ScanRaw(nil, content))

	bdat := "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT 0\r\nBDAT " + strconv.Itoa(len(content)) + " LAST\r\n"
	for _, tt := range []struct {
		name, before string
		content      []byte
		want         []byte
		lends        []int
	}{
		{"DATA", untilData, stuffed, want, nil},
		{"BDAT", bdat, content, wantRaw, nil},
		{"DATA into lent memory", untilData, stuffed, want, []int{16 << 10, 64 << 10, 1100, 100}},
		{"BDAT into lent memory", bdat, content, wantRaw, []int{5000, 1 << 20, 1, 1024}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &backend{lends: tt.lends}
			server, _ := newServer(h)
			client, conn := net.Pipe()
			over := make(chan struct{})
			go func() {
				defer close(over)
				server.ServeConn(context.Background(), conn, false)
			}()
			go io.Copy(client, iotest.HalfReader(strings.NewReader(tt.before+string(tt.content)+"QUIT\r\n")))
			io.Copy(io.Discard, client)
			<-over
			if len(h.messages()) != 1 {
				t.Fatalf("%d messages", len(h.messages()))
			}
			m := h.messages()[0]
			head, body, _ := strings.Cut(m.wire, "Subject:")
			if body = "Subject:" + body; body != string(tt.want) {
				t.Errorf("%d octets are kept, want %d", len(body), len(tt.want))
			}
			if stored := int64(len(m.wire) - strings.Index(head, "Received:")); m.shape.Stored != stored || m.shape.Received != 1 {
				t.Errorf("shape %+v, want %d stored octets and one hop", m.shape, stored)
			}
			if h.writes > 32<<10 {
				t.Errorf("%d octets were written at once", h.writes)
			}
			checkLent(t, h)
		})
	}
}

// checkLent checks that nothing was written to memory that was no longer lent.
func checkLent(t *testing.T, h *backend) {
	t.Helper()
	for i, memory := range h.lent.ended {
		if n := bytes.Count(memory, []byte{endedOctet}); n != len(memory) {
			t.Errorf("%d of %d octets were written to loan %d after its end", len(memory)-n, len(memory), i)
		}
	}
}

// TestLent: a message goes straight into the memory of the store, until the store fails or the
// message is too large. What follows goes elsewhere.
func TestLent(t *testing.T) {
	text := strings.Repeat(strings.Repeat("x", 70)+"\r\n", 4000)
	for _, tt := range []struct {
		name string
		text string
		h    *backend
		want string
	}{
		{"stored", text, new(backend), "250"},
		{"too large", strings.Repeat(text, 4), new(backend), "552"},
		{"the store fails", text, &backend{write: smtpd.ErrFull, writesBefore: 2}, "452"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.h.lends = []int{64 << 10}
			server, _ := newServer(tt.h)
			replies := say(t, server, untilData+"Subject: x\r\n\r\n"+tt.text+".\r\nQUIT\r\n")
			if got := replies[len(replies)-2]; !strings.HasPrefix(got, tt.want) {
				t.Errorf("the reply is %q, want %s", got, tt.want)
			}
			if tt.h.lent.copied != 0 || len(tt.h.lent.ended) < 2 {
				t.Errorf("%d octets were copied; %d loans", tt.h.lent.copied, len(tt.h.lent.ended))
			}
			checkLent(t, tt.h)
		})
	}
}

// TestHops: a message in a loop is not stored.
func TestHops(t *testing.T) {
	for _, tt := range []struct {
		hops int
		want string
	}{{100, "250"}, {101, "554 5.4.6"}} {
		h := new(backend)
		server, _ := newServer(h)
		replies := say(t, server, untilData+strings.Repeat("Received: from here to there\r\n", tt.hops)+"\r\n.\r\n")
		if got := replies[len(replies)-1]; !strings.HasPrefix(got, tt.want) || h.begun != h.ended {
			t.Errorf("%d hops: %q, %d deliveries begun, %d ended", tt.hops, got, h.begun, h.ended)
		}
	}
}
