package appliance

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/access"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/guard"
	"pillarbox/appliance/statedir"
	"pillarbox/watchdog"
	"pillarbox/watchdog/watchdogtest"
)

// TestProbes: every listener of a box that runs greets its probe, which leaves no trace.
func TestProbes(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.SMTP.ListenLMTP = append(c.SMTP.ListenLMTP, "unix:"+filepath.Join(state, "lmtp"))
	b := start(t, c, Options{})
	b.await("ready", 1)
	lines := b.log.Len()
	for range 5 {
		h, err := admin.AskHealth(c, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if !h.Well || len(h.Checks) != 3+len(b.listeners.Listeners())+1 || h.Device != "none" {
			t.Errorf("the box says %+v", h)
		}
	}
	if b.log.Len() != lines {
		t.Errorf("the log has %d lines more: %v", b.log.Len()-lines, b.log.All()[lines:])
	}
}

// TestProbesInAFullHouse: who fills the house keeps no probe out, and a probe keeps nobody out.
func TestProbesInAFullHouse(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	b := start(t, c, Options{})
	b.await("ready", 1)
	b.clients.SetBounds(access.Bounds{Sessions: 3, PerClient: 3, PerKnown: 3, Handshakes: 1, HandshakesPerClient: 1, HandshakesPerKnown: 1})
	for range 3 {
		b.dial("pop3.listen")
	}
	slow, err := net.Dial("tcp", b.Addr("pop3.listen_tls")) // a handshake that is never finished
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	for range 5 {
		if h := b.health(t.Context()); !h.Well {
			t.Errorf("the box says %+v", h)
		}
	}
	if n := b.clients.Sessions(); n < 3 || n > 4 { // the oldest made room for the handshake, and ends
		t.Errorf("%d sessions are counted", n)
	}
}

// TestDeadListener: an accept loop that hangs, and one that has ended, are not well.
func TestDeadListener(t *testing.T) {
	b := start(t, settings(t.TempDir()), Options{})
	b.await("ready", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	release := b.acceptor.Sessions.Hold() // every accept loop waits for it
	h := b.health(ctx)
	release()
	if h.Well {
		t.Errorf("with accept loops that hang the server says %+v", h)
	}
	b.health(t.Context()) // takes the late answers
	if h := b.health(t.Context()); !h.Well {
		t.Errorf("after it the box says %+v", h)
	}
	b.listeners.Listeners()[0].Close()
	h = b.health(t.Context())
	if h.Well || h.Checks[3].Holds || h.Checks[3].Fault == "" {
		t.Errorf("without a listener the box says %+v", h)
	}
}

// TestReadingOnly: after too many resets nothing is armed and nothing written, and mail goes out
// all the same.
func TestReadingOnly(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	b := start(t, c, Options{})
	b.deliver("smtp.listen", "X-Begin: here\r\nSubject: kept\r\n\r\ntext\r\n", "anna")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	record := watchdog.Record{Boot: guard.BootID(), Resets: watchdog.MostResets, Reason: "commits: stand still"}
	if err := os.WriteFile(filepath.Join(state, statedir.RecordFile), []byte(record.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	dog := watchdogtest.New(dogTime)
	c.Watchdog.Device = "/dev/watchdog0"
	b = start(t, c, Options{device: dog, Root: t.TempDir()})
	p := b.login("pop3.listen", "anna")
	if mail := p.retrieve(1); mail != "X-Begin: here\r\nSubject: kept\r\n\r\ntext\r\n" {
		t.Errorf("the mail is %q", mail)
	}
	p.must("DELE 1")
	if answer := p.say("QUIT"); !strings.HasPrefix(answer, "-ERR") {
		t.Errorf("a delete was answered %q", answer)
	}
	s := b.dial("smtp.listen")
	s.must("EHLO x", "MAIL FROM:<>", "RCPT TO:<anna>")
	if answer := s.say("DATA"); answer[0] != '4' {
		t.Errorf("a mail was answered %q", answer)
	}
	if h := b.health(t.Context()); !h.Well || len(h.Degraded) == 0 || h.Last != "commits: stand still" || dog.Feeds() != 0 {
		t.Errorf("the box says %+v; %d feeds", h, dog.Feeds())
	}
}

// TestSystemd: it is told of the start, of proofs, of a reload and of the end.
func TestSystemd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	expect := func(want string) {
		t.Helper()
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		p := make([]byte, 1000)
		n, err := conn.Read(p)
		if got := string(p[:n]); err != nil || !strings.HasPrefix(got, want) {
			t.Fatalf("heard %q, not %q; %v", got, want, err)
		}
	}
	c := settings(t.TempDir())
	c.Watchdog.Device = "auto"
	b := start(t, c, Options{Root: t.TempDir(), Getenv: func(key string) string {
		return map[string]string{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "60000000"}[key]
	}})
	expect("EXTEND_TIMEOUT_USEC=30000000\n")
	b.await("ready", 1)
	heard := map[string]bool{} // in any order
	for range 2 {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		p := make([]byte, 1000)
		n, err := conn.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		heard[string(p[:n])] = true
	}
	if !heard["READY=1\nSTATUS=serving"] || !heard["WATCHDOG=1"] {
		t.Errorf("heard %v", heard)
	}
	b.Reload()
	expect("RELOADING=1\nMONOTONIC_USEC=")
	expect("READY=1\n")
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	expect("STOPPING=1\n")
}

// TestArmed: a clean stop disarms, and the next start has nothing to tell.
func TestArmed(t *testing.T) {
	c := settings(t.TempDir())
	dog := watchdogtest.New(dogTime)
	b := start(t, c, Options{device: dog})
	b.await("ready", 1)
	h := b.health(t.Context())
	if h.Device != "test" || h.Timeout != dogTime {
		t.Errorf("the box says %+v", h)
	}
	if err := b.stop(); err != nil {
		t.Error(err)
	}
	if !dog.Disarmed() || dog.Feeds() == 0 {
		t.Errorf("disarmed %v after %d feeds", dog.Disarmed(), dog.Feeds())
	}
	if _, err := os.Stat(filepath.Join(c.State, statedir.RecordFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a box that is well has a record: %v", err)
	}
}
