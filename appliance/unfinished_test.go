package appliance

import (
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"testing"

	"pillarbox/appliance/access"
	"pillarbox/appliance/config"
)

// dialFrom is dial from another address of the loopback.
func (b *box) dialFrom(from, key string) *client {
	b.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", b.Addr(key))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	c := &client{textproto.NewConn(conn), b.t}
	c.line()
	return c
}

// chunk sends a message from an address up to the end of a chunk, without the end of the message,
// and returns the reply.
func (b *box) chunk(from, to string, octets int) (c *client, reply string) {
	b.t.Helper()
	c = b.dialFrom(from, "smtp.listen")
	c.must("EHLO x", "MAIL FROM:<>", "RCPT TO:<"+to+">")
	if err := c.PrintfLine("BDAT %d", octets); err != nil {
		b.t.Fatal(err)
	}
	c.W.WriteString(lines(octets)[:octets])
	c.W.Flush()
	reply, err := c.ReadLine()
	if err != nil {
		reply = err.Error()
	}
	return c, reply
}

// TestUnfinishedMailLeavesRoom: one address leaves as many messages of the largest size unfinished
// as would fill the spool. Others still deliver, a client that has logged in before and one that
// has not.
func TestUnfinishedMailLeavesRoom(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{}) // 32 MiB, messages of 4 MiB
	known := b.dialFrom("127.0.0.3", "pop3.listen")
	known.must("USER anna", "PASS anna", "QUIT")
	const large = 4<<20 - 4096
	var open []*client
	for range 7 {
		c, reply := b.chunk("127.0.0.2", "anna", large)
		if !strings.HasPrefix(reply, "250 ") {
			t.Fatalf("a chunk was answered %q", reply)
		}
		open = append(open, c)
	}
	if strangers, all := b.intake.Unfinished(); strangers > 5<<20 || // in wire form
		all != strangers {
		t.Fatalf("%d octets of strangers are unfinished, %d in all", strangers, all)
	}
	for _, from := range []string{"127.0.0.3", "127.0.0.4"} {
		for range 2 {
			c, reply := b.chunk(from, "anna", large)
			if !strings.HasPrefix(reply, "250 ") {
				t.Fatalf("%s: a chunk was answered %q", from, reply)
			}
			c.must("BDAT 0 LAST", "QUIT")
		}
	}
	cut := 0
	for _, c := range open[:len(open)-1] {
		if line, err := c.ReadLine(); strings.HasPrefix(line, "421 4.3.1 ") && err == nil {
			cut++
		}
	}
	if cut != len(open)-1 {
		t.Errorf("%d of %d sessions were cut", cut, len(open)-1)
	}
	b.sees(map[string]int{"anna": 4})
}

// TestUnfinishedMailOfAKnownClient: behind one address an account has logged in, and somebody else
// there leaves messages unfinished. Other known clients, and clients that log in there, still
// deliver.
func TestUnfinishedMailOfAKnownClient(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.Retention.MailboxShare = 100
	b := start(t, c, Options{})
	for _, from := range []string{"127.0.0.2", "127.0.0.3"} {
		b.dialFrom(from, "pop3.listen").must("USER anna", "PASS anna", "QUIT")
	}
	for range 7 {
		b.chunk("127.0.0.2", "anna", 4<<20-4096)
	}
	for _, from := range []string{"127.0.0.3", "127.0.0.2"} {
		s := b.dialFrom(from, "smtp.listen")
		s.must("EHLO x")
		if from == "127.0.0.2" {
			s.must("AUTH PLAIN AGFubmEAYW5uYQ==")
		}
		s.must("MAIL FROM:<> SIZE=3145728", "RCPT TO:<anna>", "DATA")
		s.content(letter(lines(2 << 20)))
		s.must(".", "QUIT")
	}
	b.sees(map[string]int{"anna": 2})
}

// TestUnfinishedMailGivesWay: the spool is nearly full, and what strangers have not finished stands
// in the way of others. It gives way, first that of the stranger with the most.
func TestUnfinishedMailGivesWay(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.Retention.MailboxShare = 100
	b := start(t, c, Options{})
	for b.intake.Free() > 5<<20 {
		b.deliver("smtp.listen", letter(lines(1<<20)), "anna")
	}
	one, _ := b.chunk("127.0.0.2", "anna", 2<<20)
	two, _ := b.chunk("127.0.0.4", "anna", 1<<20)
	b.dialFrom("127.0.0.3", "pop3.listen").must("USER anna", "PASS anna", "QUIT")
	known := b.dialFrom("127.0.0.3", "smtp.listen")
	known.must("EHLO x", "MAIL FROM:<> SIZE=3145728", "RCPT TO:<anna>")
	if err := known.PrintfLine("BDAT %d LAST", 3<<20); err != nil {
		t.Fatal(err)
	}
	known.W.WriteString(lines(3 << 20)[:3<<20])
	known.W.Flush()
	if reply := known.line(); !strings.HasPrefix(reply, "250 ") {
		t.Fatalf("a known client was answered %q", reply)
	}
	if reply := one.line(); !strings.HasPrefix(reply, "421 4.3.1 ") {
		t.Errorf("the stranger with the most was answered %q", reply)
	}
	two.must("NOOP")
}

// TestWastedOctets: a client that sends mail and never ends it is refused at MAIL in the end,
// however it gives up; others are not.
func TestWastedOctets(t *testing.T) {
	for _, way := range []string{"the end of the connection", "RSET", "a message that is too large"} {
		t.Run(way, func(t *testing.T) {
			state := t.TempDir()
			family(t, state, "anna")
			b := start(t, settings(state), Options{})
			client := access.ClientAt(netip.MustParseAddr("127.0.0.2"))
			b.clients.Wasted(client, 90<<20) // what it wastes before comes to nothing in the same way
			octets := 3 << 20
			if way == "a message that is too large" {
				octets = 4<<20 + 4096
			}
			for n := 0; !b.clients.Exhausted(client); n++ {
				if n == 10 {
					t.Fatal("10 messages were aborted and not counted")
				}
				c, _ := b.chunk("127.0.0.2", "anna", octets)
				if way == "RSET" {
					c.must("RSET", "QUIT")
				}
				c.Close()
				b.await("session ended without delivery", n+1)
			}
			c := b.dialFrom("127.0.0.2", "smtp.listen")
			c.must("EHLO x")
			if reply := c.say("MAIL FROM:<>"); !strings.HasPrefix(reply, "451 4.7.1 ") {
				t.Errorf("MAIL was answered %q", reply)
			}
			other := b.dialFrom("127.0.0.4", "smtp.listen")
			other.must("EHLO x", "MAIL FROM:<>", "QUIT")
			b.sees(map[string]int{"anna": 0})
		})
	}
}

// TestWholeMailWastesNothing: what was stored does not count.
func TestWholeMailWastesNothing(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	client := access.ClientAt(netip.MustParseAddr("127.0.0.1"))
	b.clients.Wasted(client, 100<<20-1)
	b.deliver("smtp.listen", letter(lines(1<<20)), "anna")
	b.deliver("smtp.listen", letter(lines(1<<20)), "anna")
	if b.clients.Exhausted(client) {
		t.Error("a stored message was counted as wasted")
	}
}

// TestBinIsForWholeMail: what is announced or does not arrive whole leaves the bin as it is; what
// arrives whole takes of it what is missing.
func TestBinIsForWholeMail(t *testing.T) {
	const piece = 2500 << 10
	for _, tt := range []struct {
		name string
		tune func(c *config.Config)
		left int // messages in the bin after a whole one of 4,000,000 octets
	}{
		{"a mailbox at its quota", func(c *config.Config) { c.Retention.Quota = 10 << 20 }, 2},
		{"a mailbox at its share", func(c *config.Config) { c.Retention.MailboxShare = 33 }, 2},
		{"a spool without room", func(c *config.Config) {
			// 16 MiB for mail: the four and 4 MiB behind them.
			c.Spool.Capacity, c.Retention.MailboxShare = 20<<20, 100
		}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			family(t, state, "anna")
			c := settings(state)
			c.Retention.BinDays = 30
			tt.tune(c)
			b := start(t, c, Options{})
			for range 3 {
				b.deliver("smtp.listen", letter(lines(piece)), "anna")
			}
			b.login("pop3.listen", "anna").must("DELE 1", "DELE 2", "DELE 3", "QUIT")
			binned := func() int { return int(b.binned() / piece) }

			s := b.dial("smtp.listen")
			s.must("EHLO x", "MAIL FROM:<> SIZE=4000000", "RCPT TO:<anna>", "RSET")
			s.must("MAIL FROM:<>", "RCPT TO:<anna>", "RSET", "MAIL FROM:<> SIZE=4000000", "RCPT TO:<anna>")
			half := b.dial("smtp.listen")
			half.must("EHLO x", "MAIL FROM:<>", "RCPT TO:<anna>", "DATA")
			half.content(letter(lines(3 << 20)))
			half.W.Flush()
			half.Close()
			if got := binned(); got != 3 {
				t.Fatalf("%d messages are left in the bin before anything arrived whole", got)
			}
			b.deliver("smtp.listen", letter(lines(4000000)), "anna")
			if got := binned(); got != tt.left {
				t.Errorf("%d messages are left in the bin, want %d", got, tt.left)
			}
			b.sees(map[string]int{"anna": 1})
		})
	}
}

// TestBinLetsSmallMailIn: a spool that is full of binned mail takes a message at once, and the bin
// loses what that takes.
func TestBinLetsSmallMailIn(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.Retention.BinDays, c.Retention.MailboxShare = 30, 100
	b := start(t, c, Options{})
	s := b.dial("smtp.listen")
	s.must("EHLO x")
	for s.say("MAIL FROM:<> SIZE=1048576")[0] == '2' {
		s.must("RSET")
		b.deliver("smtp.listen", letter(lines(1<<20)), "anna")
	}
	in := b.login("pop3.listen", "anna")
	for n := 1; in.say("DELE %d", n)[0] == '+'; n++ {
	}
	in.must("QUIT")
	in.Close()
	before := b.binned()
	b.deliver("smtp.listen", letter("small\r\n"), "anna")
	if gone := before - b.binned(); gone > int64(c.SMTP.MaxMessage)+4<<20 {
		t.Errorf("%d octets went out of the bin for a small message", gone)
	}
	b.sees(map[string]int{"anna": 1})
}
