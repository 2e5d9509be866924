package appliance

import (
	"bufio"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

func TestFirstStart(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	b := start(t, settings(state), Options{})
	path := filepath.Join(state, firstLoginFile)
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
	for _, needed := range []string{"mail@home.arpa", b.boot.Hostname, b.ring.Fingerprint()[:48], b.ring.Fingerprint()[48:],
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
	if _, err := os.Stat(filepath.Join(state, firstLoginFile)); !errors.Is(err, os.ErrNotExist) {
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

// TestFirstLoginFileOutlivesAStop: it waits for the login of its account, over starts and other logins.
func TestFirstLoginFileOutlivesAStop(t *testing.T) {
	state := t.TempDir()
	b := start(t, settings(state), Options{})
	path := filepath.Join(state, firstLoginFile)
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
	if err := os.WriteFile(filepath.Join(state, accountsFile), nil, 0o600); err != nil {
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
	var stacks strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"appliance.(*Appliance)", "pop3.(*", "smtpd.(*", "spool.(*", "fsnotify"} {
		if strings.Contains(stacks.String(), of) {
			t.Errorf("something of %s still runs:\n%s", of, stacks.String())
		}
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
		{"a port in use", func(_ *testing.T, c *config.Config) { c.SMTP.ListenTLS = []string{taken.Addr().String()} },
			syscall.EADDRINUSE, []string{taken.Addr().String(), "smtp.listen_tls", "in use by another program"}},
		{"an address of another machine", func(_ *testing.T, c *config.Config) { c.POP3.Listen = []string{"192.0.2.1:110"} },
			syscall.EADDRNOTAVAIL, []string{"192.0.2.1:110", "pop3.listen", "no address of this machine"}},
		{"a socket without a folder", func(_ *testing.T, c *config.Config) {
			c.SMTP.ListenLMTP = []string{"unix:" + c.State + "/run/lmtp.sock"}
		},
			os.ErrNotExist, []string{"/run/lmtp.sock: there is no folder /", "smtp.listen_lmtp", "make it before the box starts"}},
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
			if err := os.WriteFile(filepath.Join(c.State, accountsFile), []byte("anna\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil, []string{"accounts:1: the line is not"}},
		{"a bad file of ports", func(t *testing.T, c *config.Config) {
			if err := os.WriteFile(filepath.Join(c.State, portsFile), []byte("110 8080\n"), 0o600); err != nil {
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

// TestRefusedConnections: who is not allowed is hung up on; one session too many is told so in one line.
func TestRefusedConnections(t *testing.T) {
	state := t.TempDir()
	c := settings(state)
	b := start(t, c, Options{})
	for range mostPerPeer {
		b.dial("smtp.listen")
	}
	for key, want := range map[string]string{"smtp.listen": "421 4.7.0 too many sessions from your address\r\n", "pop3.listen": "-ERR [SYS/TEMP] too many sessions from your address\r\n", "pop3.listen_tls": ""} {
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
	dir := filepath.Join(c.State, spoolFolder)
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
