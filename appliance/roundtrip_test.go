package appliance

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net/textproto"
	"path/filepath"
	"strings"
	"testing"
)

// letter is a mail with a body.
func letter(body string) string { return "X-Begin: here\r\nSubject: a letter\r\n\r\n" + body }

// lines makes a body of about size octets in lines of all kinds.
func lines(size int) string {
	r := rand.New(rand.NewPCG(1, uint64(size)))
	var b strings.Builder
	for b.Len() < size {
		for range r.IntN(90) {
			b.WriteByte("..abc \tgrün\xff\x80"[r.IntN(14)])
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

// TestRoundTrip: what comes in by SMTP goes out by POP3, byte for byte, by every pair of doors.
func TestRoundTrip(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	bodies := []struct{ name, body string }{
		{"empty", ""},
		{"one line", "hello\r\n"},
		{"dots", ".\r\n..\r\n.a\r\n...\r\n"},
		{"empty lines", "\r\n\r\n\r\n"},
		{"eight bits", "gr\xfc\xdfe, \xe2\x82\xac\r\n"},
		{"a long line", strings.Repeat("x", 900) + "\r\n"},
		{"4 KiB", lines(4 << 10)},
		{"300 KiB", lines(300 << 10)},
		{"3 MiB", lines(3 << 20)},
	}
	doors := []string{"smtp.listen", "smtp.listen_tls", "smtp.listen_lmtp"}
	for i, tt := range bodies {
		b.deliver(doors[i%len(doors)], letter(tt.body), "anna@home.arpa")
	}
	for _, door := range []string{"pop3.listen", "pop3.listen_tls"} {
		c := b.login(door, "anna")
		if got, want := strings.Fields(c.say("STAT"))[1], fmt.Sprint(len(bodies)); got != want {
			t.Fatalf("%s messages, want %s", got, want)
		}
		for i, tt := range bodies {
			if got, want := c.retrieve(i+1), letter(tt.body); got != want {
				t.Errorf("%s, %s: got %d octets, want %d: %.60q", door, tt.name, len(got), len(want), got)
			}
		}
		c.must("QUIT")
	}
}

// TestSecondStart: mail, unique-ids and the certificate are the same after a stop, and what was
// deleted is gone.
func TestSecondStart(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	for n := range 3 {
		b.deliver("smtp.listen", letter(fmt.Sprintf("mail %d\r\n", n)), "anna")
	}
	c := b.login("pop3.listen", "anna")
	kept := strings.Fields(c.say("UIDL 2"))[2]
	c.must("DELE 1", "DELE 3", "QUIT")
	leaf := b.cert.Fingerprint()
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}

	b = start(t, settings(state), Options{})
	c = b.login("pop3.listen_tls", "anna")
	if got := c.say("STAT"); !strings.HasPrefix(got, "+OK 1 ") {
		t.Errorf("STAT was answered %q", got)
	}
	if got := strings.Fields(c.say("UIDL 1"))[2]; got != kept {
		t.Errorf("the unique-id is %s, was %s", got, kept)
	}
	if got, want := c.retrieve(1), letter("mail 1\r\n"); got != want {
		t.Errorf("got %q", got)
	}
	if b.cert.Fingerprint() != leaf {
		t.Error("the certificate is another one")
	}
}

// TestFamily: one mail to several has one body and a head for each; nobody sees another's.
func TestFamily(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.Aliases = map[string][]string{"all": {"anna", "otto"}}
	b := start(t, c, Options{})
	b.deliver("smtp.listen", letter("to both\r\n"), "all@home.arpa")
	b.deliver("smtp.listen", letter("to one\r\n"), "Otto+shop")
	b.deliver("smtp.listen", letter("to the first\r\n"), "postmaster@nas.home.arpa")
	for _, tt := range []struct{ user, first, second string }{
		{"anna", "to both\r\n", "to the first\r\n"}, {"otto", "to both\r\n", "to one\r\n"},
	} {
		box := b.login("pop3.listen", tt.user)
		if got := box.say("STAT"); !strings.HasPrefix(got, "+OK 2 ") {
			t.Fatalf("%s: STAT was answered %q", tt.user, got)
		}
		if got := box.retrieve(1); got != letter(tt.first) {
			t.Errorf("%s: got %q", tt.user, got)
		}
		if got := box.retrieve(2); got != letter(tt.second) {
			t.Errorf("%s: got %q", tt.user, got)
		}
		box.must("QUIT")
	}
}

func TestRefusals(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	s := b.dial("smtp.listen")
	s.must("EHLO x")
	for _, tt := range []struct{ line, want string }{
		{"MAIL FROM:<root> SIZE=5000000", "552 5.3.4"},
		{"MAIL FROM:<root>", "250 "},
		{"RCPT TO:<hugo@home.arpa>", "550 5.1.1"},
		{"RCPT TO:<anna@example.com>", "550 5.7.1"},
		{"RCPT TO:<anna@home.arpa>", "250 "},
	} {
		if got := s.say("%s", tt.line); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s was answered %q, want %q", tt.line, got, tt.want)
		}
	}
	p := b.dial("pop3.listen")
	p.must("USER anna")
	if got := p.say("PASS otto"); !strings.HasPrefix(got, "-ERR [AUTH]") {
		t.Errorf("a wrong password was answered %q", got)
	}
	p.must("USER anna@Home.Arpa", "PASS anna", "QUIT")
	for _, e := range b.log.All() {
		if strings.Contains(fmt.Sprint(e.Message, e.Context), "otto") {
			t.Errorf("a password is in the log: %v", e)
		}
	}
}

// TestMailboxShare: who does not fetch is refused alone, and loses no mail that others of the
// family get too.
func TestMailboxShare(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.Spool.Capacity, c.Retention.MailboxShare = 8<<20, 10
	c.Aliases = map[string][]string{"all": {"anna", "otto"}}
	b := start(t, c, Options{})
	for range 2 { // the size of the second is not announced: it goes over the share
		b.deliver("smtp.listen", letter(lines(500<<10)), "anna")
	}
	s := b.dial("smtp.listen")
	s.must("EHLO x", "MAIL FROM:<root>")
	if got := s.say("RCPT TO:<anna>"); !strings.HasPrefix(got, "452 4.2.2") {
		t.Errorf("a full mailbox was answered %q", got)
	}
	b.deliver("smtp.listen", letter("to both\r\n"), "all")
	for user, want := range map[string]string{"anna": "+OK 2 ", "otto": "+OK 1 "} {
		if got := b.login("pop3.listen", user).say("STAT"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: STAT was answered %q", user, got)
		}
	}
}

// TestStartTLS: a session that begins in plain text goes on under the certificate of the box.
func TestStartTLS(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	for _, tt := range []struct{ key, upgrade, after string }{
		{"pop3.listen", "STLS", "CAPA"}, {"smtp.listen", "STARTTLS", "EHLO x"},
	} {
		conn, err := tls.Dial("tcp", b.Addr(tt.key), b.trust())
		if err == nil {
			conn.Close()
			t.Fatalf("%s speaks TLS from the first byte", tt.key)
		}
		c := b.dialPlain(tt.key)
		if tt.key == "smtp.listen" {
			c.must("EHLO x")
		}
		c.must(tt.upgrade)
		secured := tls.Client(c.raw, b.trust())
		if err := secured.Handshake(); err != nil {
			t.Fatalf("%s: %v", tt.key, err)
		}
		c.Conn = textproto.NewConn(secured)
		c.must(tt.after)
	}
}

// TestSessionTickets: a POP3 client that comes back every few minutes resumes its TLS session, and
// an SMTP client gets no ticket that it would have to read before it sends EHLO.
func TestSessionTickets(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	for key, want := range map[string]bool{"pop3.listen_tls": true, "smtp.listen_tls": false} {
		config := b.trust()
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		var resumed bool
		for range 2 {
			conn, err := tls.Dial("tcp", b.Addr(key), config)
			if err != nil {
				t.Fatal(err)
			}
			// The first octet of the greeting.
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			resumed = conn.ConnectionState().DidResume
			conn.Close()
		}
		if resumed != want {
			t.Errorf("%s: a second session was resumed: %v", key, resumed)
		}
	}
}

// TestLocalSocket: LMTP over a socket in the file system, which a crash may have left behind.
func TestLocalSocket(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	path := filepath.Join(state, "lmtp.sock")
	c.SMTP.ListenLMTP = []string{"unix:" + path}
	leaveSocket(t, path)
	b := start(t, c, Options{})
	conn, err := textproto.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	l := &client{conn, t}
	l.line()
	l.must("LHLO mta", "MAIL FROM:<>", "RCPT TO:<anna@home.arpa>", "DATA")
	l.W.WriteString(letter("by socket\r\n"))
	l.must(".", "QUIT")
	if got := b.login("pop3.listen", "anna").retrieve(1); got != letter("by socket\r\n") {
		t.Errorf("got %q", got)
	}
}
