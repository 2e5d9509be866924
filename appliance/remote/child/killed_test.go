package child

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/remote/link"
	"pillarbox/appliance/remote/session"
)

// misbehave is what a child of these tests does in place of a session, by the name of its file.
func misbehave() {
	name := "no file"
	if path, err := os.Executable(); err == nil {
		name = filepath.Base(path)
	}
	switch name {
	case "crashes":
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 10*mostStderr))
		panic("boom")
	case "panics":
		panic("boom")
	case "hangs":
		select {}
	case "eats":
		debug.SetGCPercent(-1)
		limit := syscall.Rlimit{Cur: hardMemory, Max: hardMemory}
		_ = syscall.Setrlimit(rlimitData, &limit)
		for kept := [][]byte{}; ; {
			more := make([]byte, 1<<20)
			for i := 0; i < len(more); i += 4096 {
				more[i] = 1
			}
			kept = append(kept, more)
		}
	}
}

// named returns the program of this test under another name.
func named(t *testing.T, name string) *Program {
	t.Helper()
	whole := program(t)
	path := filepath.Join(t.TempDir(), name)
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, self); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return &Program{path: path, null: whole.null}
}

// TestChildThatCrashes: what it printed is in the error, at most 4 KiB of it; one that takes too
// much memory ends, and the server does not.
func TestChildThatCrashes(t *testing.T) {
	for name, says := range map[string]string{"panics": "panic: boom", "crashes": "xxxx", "eats": "out of memory"} {
		c, err := named(t, name).Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Open(link.Target{}); err == nil {
			t.Errorf("%s: it has a session", name)
		}
		if err := c.Wait(); err == nil || !strings.Contains(err.Error(), says) || len(err.Error()) > mostStderr+200 {
			t.Errorf("%s: it ended with %v", name, err)
		}
	}
}

// TestChildThatHangs is killed, and nothing waits for it.
func TestChildThatHangs(t *testing.T) {
	c, err := named(t, "hangs").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Kill()
	if err := c.Open(link.Target{}); err == nil {
		t.Error("it has a session")
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("it ended with %v", err)
	}
}

// TestSilence: a child, and a server, that say nothing are waited for so long, and no longer.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		for name, wait := range map[string]struct {
			conn net.Conn
			most time.Duration
		}{"a child": {quiet{near}, silence}, "a server": {patient{near}, patience}} {
			began := time.Now()
			_, err := wait.conn.Read(make([]byte, 1))
			if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != wait.most {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			if e := session.As(err); e.Kind != session.Network {
				t.Errorf("%s: kind %d", name, e.Kind)
			}
		}
	})
}

// TestNoLogin: a server whose certificate is not trusted gets no login, over either protocol.
func TestNoLogin(t *testing.T) {
	p := program(t)
	cert := crowdedServer(t, 1, tls.VersionTLS13) // for its certificate only
	bundle := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(bundle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []string{"pop3", "imap"} {
		for name, change := range map[string]func(*link.Target){
			"an unknown authority": func(target *link.Target) { target.Pin, target.Bundle = "", bundle },
			"another pin":          func(target *link.Target) { target.Pin = strings.Repeat("0", 64) },
		} {
			heard := make(chan string, 1)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				conn, err := l.Accept()
				if err != nil {
					heard <- err.Error()
					return
				}
				secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert.certificate}})
				fmt.Fprint(secure, "+OK * OK\r\n")
				said, _ := bufio.NewReader(secure).ReadString('\n')
				conn.Close()
				heard <- said
			}()
			target := link.Target{Protocol: protocol, Address: l.Addr().String(), Implicit: true, Pin: cert.pin, Login: session.Login{User: "anna", Secret: "secret"}, Folders: []string{"INBOX"}}
			change(&target)
			c, err := p.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if e := session.As(c.Open(target)); e == nil || e.Kind != session.Certificate {
				t.Errorf("%s, %s: %v", protocol, name, e)
			}
			c.Wait()
			if said := <-heard; said != "" {
				t.Errorf("%s, %s: the child said %q", protocol, name, said)
			}
			l.Close()
		}
	}
}
