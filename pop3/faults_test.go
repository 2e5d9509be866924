package pop3_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

var errDisk = errors.New("input/output error")

// A store that cannot determine what is in a maildrop fails the login, by PASS and by AUTH. The
// session remains in its state, and the reply does not say that the password is wrong.
func TestStoreOutOfOrder(t *testing.T) {
	for _, fault := range []error{pop3.ErrTemporary, errDisk} {
		store := sampleStore()
		store.SetFaults(pop3test.Faults{Open: fault})
		server := newServer(store)
		server.Exclusive = new(pop3.Locks)
		c := talkPipe(t, server)
		for range 7 { // one more than there may be wrong passwords
			c.say("USER anna")
			c.want("+OK")
			c.say("PASS a secret")
			c.want("-ERR [SYS/TEMP] ")
		}
		c.say("STAT")
		c.want("-ERR log in first")
		c.say("AUTH PLAIN AGFubmEAYSBzZWNyZXQ=")
		c.want("-ERR [SYS/TEMP] ")
		store.SetFaults(pop3test.Faults{})
		c.logIn()
		c.say("STAT")
		c.want("+OK 3 98")
		c.say("QUIT")
		c.want("+OK")
		c.end()
	}
}

// An Authenticator that does not know is no wrong password.
func TestAuthenticatorOutOfOrder(t *testing.T) {
	server := newServer(sampleStore())
	server.Auth = undecided{}
	c := talkPipe(t, server)
	for range 7 {
		c.say("AUTH PLAIN AGFubmEAYSBzZWNyZXQ=")
		c.want("-ERR [SYS/TEMP] ")
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

type undecided struct{}

func (undecided) Authenticate(context.Context, pop3.Credentials) (string, error) { return "", errDisk }

// A message that cannot be read costs that message alone.
func TestMessageOutOfOrder(t *testing.T) {
	tests := []struct {
		name   string
		faults pop3test.Faults
		want   string
	}{
		{"expunged by another session", pop3test.Faults{Body: pop3.ErrGone}, "-ERR another session deleted the message"},
		{"damaged", pop3test.Faults{Body: pop3.ErrDamaged}, "-ERR [SYS/PERM] "},
		{"not now", pop3test.Faults{Body: pop3.ErrTemporary}, "-ERR [SYS/TEMP] "},
		{"disk error", pop3test.Faults{Body: errDisk}, "-ERR [SYS/TEMP] "},
		{"disk error at the first octet", pop3test.Faults{ReadAfter: 1}, "-ERR [SYS/TEMP] "},
		{"disk error in the middle", pop3test.Faults{ReadAfter: 20}, "-ERR [SYS/TEMP] "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := sampleStore()
			c := talkPipe(t, newServer(store))
			c.logIn()
			store.SetFaults(tt.faults)
			c.say("STAT", "RETR 3", "STAT", "TOP 3 1", "STAT") // the others are not affected
			c.want("+OK 3 98")
			c.want(tt.want)
			c.want("+OK 3 98")
			c.want(tt.want)
			c.want("+OK 3 98")
			store.SetFaults(pop3test.Faults{})
			c.say("RETR 3")
			c.multi()
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	}
}

// If a message cannot be read to its end and a part of it was sent, the session ends without the
// dot, because a client that has received the dot would delete the message. The QUIT that follows
// is not executed.
func TestAnnouncedMessageOutOfOrder(t *testing.T) {
	for _, command := range []string{"RETR 1", "TOP 1 15000"} {
		store := new(pop3test.Store)
		store.Deliver("anna", "Subject: large\n\n"+strings.Repeat("0123456789abcde\n", 20_000))
		c := talkPipe(t, newServer(store))
		c.logIn()
		store.SetFaults(pop3test.Faults{ReadAfter: 200_000})
		c.say("DELE 1", "RSET", command, "DELE 1", "QUIT")
		got, _ := io.ReadAll(c.in)
		if strings.Contains(string(got), "\r\n.\r\n") || len(got) < 100_000 {
			t.Errorf("%s: %d octets were said, with the dot or too few", command, len(got))
		}
		if err := <-c.over; err == nil {
			t.Errorf("%s: ServeConn = nil, want an error", command)
		}
		if got := len(store.UIDs("anna")); got != 1 {
			t.Errorf("%s: %d messages are left, want 1", command, got)
		}
	}
}

// The +OK of QUIT is sent only after UPDATE. If that fails, nothing was deleted and the reply says
// so.
func TestUpdateOutOfOrder(t *testing.T) {
	store := sampleStore()
	c := talkPipe(t, newServer(store))
	c.logIn()
	store.SetFaults(pop3test.Faults{Expunge: errDisk})
	c.say("DELE 1", "QUIT")
	c.want("+OK")
	c.want("-ERR [SYS/TEMP] nothing was deleted")
	if err := c.end(); err == nil {
		t.Errorf("ServeConn = nil, want an error")
	}
	if got := len(store.UIDs("anna")); got != 3 {
		t.Errorf("%d messages are left, want 3", got)
	}
	if got := store.Opened(); got != 0 {
		t.Errorf("%d maildrops are open, want none", got)
	}
}

// A QUIT without marks does not call the store: a poll writes nothing to the flash.
func TestPollDoesNotExpunge(t *testing.T) {
	store := sampleStore()
	c := talkPipe(t, newServer(store))
	c.logIn()
	c.say("DELE 1", "RSET", "QUIT")
	for range 3 {
		c.want("+OK")
	}
	c.end()
	if got := store.Expunged(); got != 0 {
		t.Errorf("Expunge was called %d times, want none", got)
	}
}

// The exclusive lock is released before the client can know that its session has ended, however it
// ends.
func TestLockIsFreedAtOnce(t *testing.T) {
	tests := []struct {
		name string
		ends func(c *client)
	}{
		{"QUIT", func(c *client) { c.say("QUIT"); c.want("+OK") }},
		{"connection lost", func(c *client) { c.conn.Close(); <-c.over }},
		{"connection lost in the middle of a mail", func(c *client) { c.say("RETR 1"); c.want("+OK"); c.conn.Close(); <-c.over }},
		{"hostile input", func(c *client) { c.say("GET / HTTP/1.1"); c.want("-ERR") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := new(pop3test.Store)
			store.Deliver("anna", "Subject: large\n\n"+strings.Repeat("0123456789abcde\n", 20_000))
			server := newServer(store)
			server.Exclusive = new(pop3.Locks)
			first := talkPipe(t, server)
			first.logIn()
			tt.ends(first)
			second := talkPipe(t, server)
			second.logIn()
			second.say("QUIT")
			second.want("+OK")
			second.end()
		})
	}
}

// A Locks that is shared by a new Server keeps the locks of sessions of the old one.
func TestLocksOutliveServer(t *testing.T) {
	locks := new(pop3.Locks)
	before, after := newServer(sampleStore()), newServer(sampleStore())
	before.Exclusive, after.Exclusive = locks, locks
	old := talkPipe(t, before)
	old.logIn()
	c := talkPipe(t, after)
	c.say("AUTH PLAIN AGFubmEAYSBzZWNyZXQ=")
	c.want("-ERR [IN-USE]")
	old.say("QUIT")
	old.want("+OK")
	c.logIn()
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

// Mail that arrives during a session belongs to the next one, and no number changes.
func TestSessionIsASnapshot(t *testing.T) {
	store := sampleStore()
	c := talkPipe(t, newServer(store))
	c.logIn()
	store.Deliver("anna", "Subject: four\n\nx\n")
	c.say("STAT", "RETR 4")
	c.want("+OK 3 98")
	c.want("-ERR no such message")
	c.say("QUIT")
	c.want("+OK")
	c.end()
	if got := len(store.UIDs("anna")); got != 4 {
		t.Errorf("%d messages are left, want 4", got)
	}
}

// D2: a listing is complete, and the oldest message comes first.
func TestD2OldestFirstAndAll(t *testing.T) {
	store := new(pop3test.Store)
	for range 250 {
		store.Deliver("anna", "Subject: x\n\nx\n")
	}
	c := talkPipe(t, newServer(store))
	c.logIn()
	c.say("UIDL")
	lines := strings.Split(strings.TrimSuffix(c.multi(), "\r\n"), "\r\n")
	if len(lines) != 250 || lines[0] != "1 u1" || lines[249] != "250 u250" {
		t.Errorf("%d lines from %q to %q, want 250 from \"1 u1\" to \"250 u250\"", len(lines), lines[0], lines[len(lines)-1])
	}
	c.conn.Close()
	<-c.over
}

// D9, D15: sizes have 64 bits, in STAT, LIST and in the sum without marks.
func TestD15LargeSizes(t *testing.T) {
	c := talkPipe(t, newServer(giant{2}))
	c.logIn()
	c.say("STAT", "LIST 2", "DELE 1", "STAT", "LIST")
	c.want("+OK 2 10000000000")
	c.want("+OK 2 5000000000")
	c.want("+OK")
	c.want("+OK 1 5000000000")
	c.want("+OK 1 messages (5000000000 octets)")
	c.want("2 5000000000")
	c.want(".")
	c.conn.Close()
	<-c.over
}

// D16: identical copies have unique-ids of their own, and a session sends those of the maildrop.
func TestD16IdenticalCopies(t *testing.T) {
	store := new(pop3test.Store)
	store.Deliver("anna", "Subject: x\n\nx\n")
	store.Deliver("anna", "Subject: x\n\nx\n")
	c := talkPipe(t, newServer(store))
	c.logIn()
	c.say("UIDL")
	if got := c.multi(); got != "1 u1\r\n2 u2\r\n" {
		t.Errorf("UIDL says %q", got)
	}
	c.conn.Close()
	<-c.over
}

// Plain text in place of a handshake ends the session without a reply.
func TestPlainTextInsteadOfHandshake(t *testing.T) {
	server := newServer(sampleStore())
	server.TLS = pop3test.TLS(t, "pop3")
	c := talkPipe(t, server)
	c.say("STLS")
	c.want("+OK")
	go io.Copy(io.Discard, c.in) // the alert
	c.say("USER anna")
	if err := <-c.over; err == nil {
		t.Errorf("ServeConn = nil, want an error")
	}
}

// After the login a client may send a hundred invalid commands. Numbers of messages that do not
// exist are not counted.
func TestBadCommandsAfterLogin(t *testing.T) {
	store := sampleStore()
	c := talkPipe(t, newServer(store))
	c.logIn()
	c.say("DELE 1")
	c.want("+OK")
	for range 150 {
		c.say("RETR 7")
		c.want("-ERR no such message")
	}
	for range 100 {
		c.say("XTND XMIT")
		c.want("-ERR unknown command")
	}
	if err := c.end(); err == nil {
		t.Errorf("ServeConn = nil, want an error")
	}
	if got := len(store.UIDs("anna")); got != 3 {
		t.Errorf("%d messages are left, want 3", got)
	}
}

// Refuse sends one line and closes the connection.
func TestRefuse(t *testing.T) {
	near, far := pair(t)
	newServer(sampleStore()).Refuse(far, "too many connections")
	if got, err := io.ReadAll(near); string(got) != "-ERR [SYS/TEMP] too many connections\r\n" || err != nil {
		t.Errorf("Refuse says %q (%v)", got, err)
	}
}

// A session is logged in one line, with what it did and without secrets.
func TestSessionLog(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	server := newServer(sampleStore())
	server.Log = zap.New(core)
	near, far := pair(t)
	c := talk(t, context.Background(), server, near, far)
	c.say("AUTH PLAIN AGFubmEAeA==")
	c.want("-ERR")
	c.logIn()
	c.say("RETR 1", "RETR 2", "DELE 1", "QUIT")
	c.multi()
	c.multi()
	c.want("+OK")
	c.want("+OK")
	c.end()
	if logged.Len() != 2 || logged.All()[0].Message != "login failed" {
		t.Fatalf("%d lines, want 2: %v", logged.Len(), logged.All())
	}
	line := logged.All()[1]
	want := map[string]any{"remote": "127.0.0.1", "proto": "pop3", "user": "anna",
		"failed": int64(1), "retrieved": int64(2), "octets": int64(58), "deleted": int64(1), "left": int64(2)}
	got := line.ContextMap()
	for field, value := range want {
		if got[field] != value {
			t.Errorf("%s = %v (%T), want %v", field, got[field], got[field], value)
		}
	}
	if line.Message != "session ended" || got["took"] == nil || got["error"] != nil {
		t.Errorf("the line is %q %v", line.Message, got)
	}
}

// Sessions have different names in the log, also if the configuration, and with it the Server, has
// changed between them.
func TestSessionNames(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	seen := map[any]bool{}
	for range 3 {
		server := newServer(sampleStore())
		server.Log = zap.New(core)
		near, far := pair(t)
		c := talk(t, context.Background(), server, near, far)
		c.logIn()
		c.say("QUIT")
		c.want("+OK")
		c.end()
	}
	for _, line := range logged.All() {
		name, _ := line.ContextMap()["session"].(string)
		if len(name) != 8 || seen[name] {
			t.Errorf("a session is called %q", name)
		}
		seen[name] = true
	}
	if logged.Len() != 3 {
		t.Errorf("%d lines, want 3", logged.Len())
	}
}
