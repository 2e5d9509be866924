package appliance

import (
	"bufio"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"

	"pillarbox/appliance/access"
	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

func TestFirstStart(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	b := start(t, settings(state), Options{})
	path := filepath.Join(state, statedir.FirstLoginFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("the file of the first start has mode %v", info.Mode())
	}
	if folder, _ := os.Stat(state); folder.Mode().Perm() != 0o700 {
		t.Errorf("the state folder has mode %v", folder.Mode())
	}
	block, _ := os.ReadFile(path)
	password := wordAfter(t, string(block), "Password")
	for _, needed := range []string{"mail@home.arpa", b.boot.Hostname, b.cert.Fingerprint()[:48], b.cert.Fingerprint()[48:],
		portOf(b.Addr("pop3.listen_tls")), portOf(b.Addr("smtp.listen_tls")), "pillarbox user add"} {
		if !strings.Contains(string(block), needed) {
			t.Errorf("the block does not say %q:\n%s", needed, block)
		}
	}
	p := b.dial("pop3.listen_tls")
	p.must("USER mail@home.arpa", "PASS "+password, "QUIT")
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there after the first login: %v", err)
	}
	for _, e := range b.log.All() {
		for _, f := range e.Context {
			if strings.Contains(f.String, password) {
				t.Errorf("the password is in the log: %v", e)
			}
		}
	}
}

func TestFirstStartOnATerminal(t *testing.T) {
	state := t.TempDir()
	var screen strings.Builder
	b := start(t, settings(state), Options{Terminal: &screen})
	if _, err := os.Stat(filepath.Join(state, statedir.FirstLoginFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file beside the screen: %v", err)
	}
	p := b.dial("pop3.listen")
	p.must("USER mail", "PASS "+wordAfter(t, screen.String(), "Password"), "QUIT")
	b.stop()
	screen.Reset()
	start(t, settings(state), Options{Terminal: &screen})
	if screen.Len() > 0 {
		t.Errorf("the second start shows\n%s", screen.String())
	}
}

// TestFirstLoginFileOutlivesAStop: it waits for the login of its account, over starts and other
// logins.
func TestFirstLoginFileOutlivesAStop(t *testing.T) {
	state := t.TempDir()
	b := start(t, settings(state), Options{})
	path := filepath.Join(state, statedir.FirstLoginFile)
	block, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	family(t, state, "anna")
	b.Reload()
	b.login("pop3.listen", "anna")
	b.stop()
	b = start(t, settings(state), Options{})
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	p := b.dial("pop3.listen")
	p.must("USER mail", "PASS "+wordAfter(t, string(block), "Password"))
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("the file is still there")
	}
}

// TestAccountsThatWereTakenAwayAreNoFirstStart: an empty accounts file is somebody's will.
func TestAccountsThatWereTakenAwayAreNoFirstStart(t *testing.T) {
	state := t.TempDir()
	if err := os.WriteFile(filepath.Join(state, statedir.AccountsFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b := start(t, settings(state), Options{})
	if n := len(b.rules.Load().table.Accounts()); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
}

func TestNewPassword(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		p := newPassword()
		if len(p) != 19 || strings.Trim(p, "abcdefghijkmnpqrstuvwxyz23456789-") != "" || seen[p] {
			t.Fatalf("got %q", p)
		}
		seen[p] = true
	}
}

// TestStopEndsSessions: a session that waits for its client ends at once and deletes nothing.
func TestStopEndsSessions(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	b.deliver("smtp.listen", letter("keep me\r\n"), "anna")
	p := b.login("pop3.listen", "anna")
	p.must("DELE 1")
	s := b.dial("smtp.listen")
	s.must("EHLO x", "MAIL FROM:<root>", "RCPT TO:<anna>", "DATA")
	s.PrintfLine("Subject: half a mail")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if b.logged("sessions cut off") {
		t.Error("sessions had to be cut off")
	}
	if conn, err := net.Dial("tcp", b.Addr("pop3.listen")); err == nil {
		conn.Close()
		t.Error("a client is still let in")
	}
	b = start(t, settings(state), Options{})
	if got := b.login("pop3.listen", "anna").say("STAT"); !strings.HasPrefix(got, "+OK 1 ") {
		t.Errorf("STAT was answered %q", got)
	}
}

// TestNothingRunsAfterRun: whoever started a goroutine has waited for it.
func TestNothingRunsAfterRun(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	b.deliver("smtp.listen_tls", letter("x\r\n"), "anna")
	b.login("pop3.listen_tls", "anna").must("RETR 1")
	b.dial("smtp.listen").must("EHLO x")
	b.stop()
	running := func() (of, stacks string) {
		var text strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&text, 2); err != nil {
			t.Fatal(err)
		}
		for _, of := range []string{"appliance.(*Appliance)", "pop3.(*", "smtpd.(*", "spool.(*", "fsnotify"} {
			if strings.Contains(text.String(), of) {
				return of, text.String()
			}
		}
		return "", ""
	}
	// A goroutine that was waited for may still have its last instructions to run.
	deadline := time.Now().Add(time.Minute)
	of, stacks := running()
	for ; of != "" && time.Now().Before(deadline); of, stacks = running() {
		runtime.Gosched()
	}
	if of != "" {
		t.Errorf("something of %s still runs:\n%s", of, stacks)
	}
}

func TestNewSaysWhatCannotBeOpened(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name   string
		change func(t *testing.T, c *config.Config)
		is     error
		says   []string
	}{
		{"no port for POP3", func(_ *testing.T, c *config.Config) {
			c.POP3.Listen, c.POP3.ListenTLS = []string{taken.Addr().String()}, []string{}
		}, syscall.EADDRINUSE, []string{taken.Addr().String(), "pop3.listen", "in use by another program"}},
		{"an address of another machine", func(_ *testing.T, c *config.Config) { c.POP3.Listen = []string{"192.0.2.1:110"} },
			syscall.EADDRNOTAVAIL, []string{"192.0.2.1:110", "pop3.listen", "no address of this machine"}},
		{"a socket without a folder", func(_ *testing.T, c *config.Config) {
			c.SMTP.ListenLMTP = []string{"unix:" + c.State + "/run/lmtp.sock"}
		},
			os.ErrNotExist, []string{"/run/lmtp.sock: there is no folder /", "smtp.listen_lmtp", "make it before the server starts"}},
		{"a state folder that is a file", func(t *testing.T, c *config.Config) {
			c.State = filepath.Join(c.State, "file")
			if err := os.WriteFile(c.State, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, syscall.ENOTDIR, []string{"state folder"}},
		{"a spool of another version", func(t *testing.T, c *config.Config) {
			spoolFile(t, c, "FORMAT", "pillarbox spool 99\n")
		}, nil, []string{"was not touched"}},
		{"a folder that is no spool", func(t *testing.T, c *config.Config) {
			spoolFile(t, c, "holiday.jpg", "JFIF")
		}, spool.ErrForeign, []string{"holiday.jpg", "was not touched"}},
		{"a bad accounts file", func(t *testing.T, c *config.Config) {
			if err := os.WriteFile(filepath.Join(c.State, statedir.AccountsFile), []byte("anna\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil, []string{"accounts:1: the line is not"}},
		{"a bad file of ports", func(t *testing.T, c *config.Config) {
			if err := os.WriteFile(filepath.Join(c.State, statedir.PortsFile), []byte("110 8080\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil, []string{"ports:1:", "110 8080"}},
		{"a certificate that is not there", func(_ *testing.T, c *config.Config) { c.TLS.Cert, c.TLS.Key = "/none.crt", "/none.key" },
			os.ErrNotExist, []string{"/none.crt"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := settings(t.TempDir())
			tt.change(t, c)
			a, err := New(t.Context(), c, Options{})
			if err == nil {
				a.Close()
				t.Fatal("it was opened")
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v", err)
			}
			for _, word := range tt.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			// Everything was given back: the same folder opens when the obstacle is gone.
			if tt.is == syscall.EADDRINUSE {
				b := start(t, settings(c.State), Options{})
				b.dial("pop3.listen").must("CAPA")
			}
		})
	}
}

func TestTwoBoxesOnOneFolder(t *testing.T) {
	state := t.TempDir()
	b := start(t, settings(state), Options{})
	_, err := New(t.Context(), settings(state), Options{})
	if !errors.Is(err, flash.ErrLocked) || !strings.Contains(err.Error(), "another pillarbox runs on the state folder "+state) {
		t.Errorf("got %v", err)
	}
	b.dial("pop3.listen").must("QUIT")
}

// TestRefusedConnections: a client that is not allowed is hung up on; of one with as many sessions
// as it may have, the oldest that has not logged in makes room, and when all have, one more gets
// one line that says so.
func TestRefusedConnections(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	b := start(t, c, Options{})
	b.clients.SetBounds(access.Bounds{Sessions: 16, PerClient: 4, PerKnown: 4, PerAccount: 16, Handshakes: 4, HandshakesPerClient: 4, HandshakesPerKnown: 4})
	oldest := b.dial("smtp.listen")
	for range 4 {
		b.login("pop3.listen", "anna")
	}
	if line, err := oldest.ReadLine(); err == nil {
		t.Errorf("the oldest was told %q, and not cut off", line)
	}
	for key, want := range map[string]string{"smtp.listen": "421 4.7.0 " + access.RefusedClient + "\r\n", "pop3.listen": "-ERR [SYS/TEMP] " + access.RefusedClient + "\r\n", "pop3.listen_tls": ""} {
		if got := greeting(t, b.Addr(key)); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	stranger := *c
	stranger.Allow, _ = config.ParsePrefixes([]string{"192.168.7.0/24"})
	b.opts.Reread = func() (*config.Config, error) { return &stranger, nil }
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := greeting(t, b.Addr("smtp.listen")); got != "" {
		t.Errorf("a stranger was told %q", got)
	}
}

// greeting returns all that a connection says by itself, until it is closed.
func greeting(t *testing.T, addr string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return line
}

func spoolFile(t *testing.T, c *config.Config, name, text string) {
	t.Helper()
	dir := filepath.Join(c.State, statedir.SpoolFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wordAfter returns the word behind a label of the block.
func wordAfter(t *testing.T, block, label string) string {
	t.Helper()
	_, rest, found := strings.Cut(block, label)
	words := strings.Fields(rest)
	if !found || len(words) == 0 {
		t.Fatalf("no %s in\n%s", label, block)
	}
	return words[0]
}

func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return "port " + port + " "
}

// TestSessionsAreCountedOut: what has ended holds no place, and nothing is left of it.
func TestSessionsAreCountedOut(t *testing.T) {
	b := start(t, settings(t.TempDir()), Options{})
	for range 8 {
		b.dial("pop3.listen").must("QUIT")
		b.dial("smtp.listen").must("QUIT")
	}
	b.dial("pop3.listen") // and leaves without a word
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if n := b.clients.Sessions(); n != 0 || b.acceptor.Sessions.Len() != 0 {
		t.Errorf("%d sessions are counted, %d connections kept", n, b.acceptor.Sessions.Len())
	}
}

// TestMemoryOfThisMachine does it for real, where there is a tmpfs.
func TestMemoryOfThisMachine(t *testing.T) {
	state, err := os.MkdirTemp("/dev/shm", "state")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(state)
	c := settings(state)
	start(t, c, Options{}).stop()
	c.Spool.Volatile = false
	a, err := New(t.Context(), c, Options{})
	if err == nil {
		a.Close()
		t.Skip("/dev/shm is no memory here")
	}
	if !strings.Contains(err.Error(), "lies in memory") {
		t.Errorf("refused for %v", err)
	}
}
