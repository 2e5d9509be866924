package child

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/remote/link"
	"pillarbox/appliance/remote/session"
)

// TestMain makes the program of the test a child when it is started as one, and with the
// environment variable fetch a server that starts a child.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == Command {
		misbehave()
		os.Exit(Main())
	}
	if address := os.Getenv("fetch"); address != "" {
		os.Exit(fetchLater(address, os.Getenv("pin")))
	}
	os.Exit(m.Run())
}

// A server is a POP3 server with TLS and one message.
type server struct {
	address, pin string
	message      string
}

func serve(t *testing.T, message string) *server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			speak(conn, message)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return &server{address: l.Addr().String(), pin: fmt.Sprintf("%x", sha256.Sum256(der)), message: message}
}

func speak(conn net.Conn, message string) {
	defer conn.Close()
	fmt.Fprint(conn, "+OK\r\n")
	replies := map[string]string{
		"CAPA": "+OK\r\nUSER\r\n.\r\n", "USER anna": "+OK\r\n", "PASS secret": "+OK\r\n", "STAT": fmt.Sprintf("+OK 1 %d\r\n", len(message)),
		"LIST": fmt.Sprintf("+OK\r\n1 %d\r\n.\r\n", len(message)), "UIDL": "+OK\r\n1 a\r\n.\r\n", "RETR 1": "+OK\r\n" + message + ".\r\n", "QUIT": "+OK\r\n",
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		reply, ok := replies[strings.TrimSuffix(lines.Text(), "\r")]
		if !ok {
			reply = "-ERR [AUTH] no\r\n"
		}
		if _, err := io.WriteString(conn, reply); err != nil {
			return
		}
	}
}

func (s *server) target(password string) link.Target {
	return link.Target{Protocol: "pop3", Address: s.address, Implicit: true, Pin: s.pin, Login: session.Login{User: "anna", Secret: password}}
}

func program(t *testing.T) *Program {
	t.Helper()
	if raced {
		t.Skip("a child has no memory for the race detector")
	}
	p, err := OpenProgram()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// TestChild: a session in a process of its own, with nothing secret in its environment and its
// arguments.
func TestChild(t *testing.T) {
	t.Setenv("PILLARBOX_SECRET", "x")
	s := serve(t, strings.Repeat("a line of the message\r\n", 20_000))
	c, err := program(t).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	if err := c.Open(s.target("secret")); err != nil {
		t.Fatal(err)
	}
	proc := filepath.Join("/proc", fmt.Sprint(c.command.Process.Pid))
	for file, want := range map[string]string{"environ": "GOMAXPROCS=1\x00", "cmdline": "pillarbox\x00" + Command + "\x00"} {
		if got, err := os.ReadFile(filepath.Join(proc, file)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v", file, got, err)
		}
	}
	var got bytes.Buffer
	if err := c.Fetch(1, 0, &got); err != nil || got.String() != s.message {
		t.Errorf("%d octets, %v", got.Len(), err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// TestChildThatIsKilled is reported, and one that is refused as well.
func TestChildThatIsKilled(t *testing.T) {
	s, p := serve(t, "a\r\n"), program(t)
	c, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var e *session.Error
	if err := c.Open(s.target("wrong")); !errors.As(err, &e) || e.Kind != session.Auth {
		t.Errorf("a wrong password: %v", err)
	}
	c.command.Process.Kill()
	if err := c.List(func(session.Message) error { return nil }); err == nil || errors.As(err, &e) && e.Kind == session.Auth {
		t.Errorf("a listing of a child that is gone: %v", err)
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("it ended with %v", err)
	}
}

// TestReplaced: a program whose file was replaced while it runs still starts its children.
func TestReplaced(t *testing.T) {
	if raced {
		t.Skip("a child has no memory for the race detector")
	}
	s := serve(t, "a\r\n")
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pillarbox")
	if err := os.WriteFile(path, self, 0o700); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(path)
	run.Env = []string{"fetch=" + s.address, "pin=" + s.pin, "remove=" + path}
	if out, err := run.CombinedOutput(); err != nil || string(out) != "1 message\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// fetchLater is a server of TestReplaced: it opens its program, has its file removed, and fetches.
func fetchLater(address, pin string) int {
	p, err := OpenProgram()
	if err == nil {
		err = os.Remove(os.Getenv("remove"))
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	s := &server{address: address, pin: pin}
	c, err := p.Start(context.Background())
	if err != nil {
		fmt.Println(err)
		return 1
	}
	n := 0
	if err = c.Open(s.target("secret")); err == nil {
		err = c.List(func(session.Message) error { n++; return nil })
	}
	if err := errors.Join(err, c.Close(), c.Wait()); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Printf("%d message\n", n)
	return 0
}

// TestMemory: the child streams a message of any size in constant memory.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a message of 49 MiB")
	}
	s := serve(t, strings.Repeat(strings.Repeat("0123456789", 7)+"\r\n", 49<<20/72))
	c, err := program(t).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	if err := c.Open(s.target("secret")); err != nil {
		t.Fatal(err)
	}
	most := &sampler{proc: filepath.Join("/proc", fmt.Sprint(c.command.Process.Pid), "smaps_rollup")}
	if err := c.Fetch(1, 0, most); err != nil {
		t.Fatal(err, c.Wait())
	}
	t.Logf("the child had at most %d KiB of anonymous memory", most.most)
	if most.most == 0 || most.most > 8<<10 {
		t.Errorf("the child had %d KiB of anonymous memory", most.most)
	}
}

// A sampler reads how much anonymous memory a process has, every few MiB that are written to it.
type sampler struct {
	proc    string
	written int
	most    int
}

func (s *sampler) Write(p []byte) (int, error) {
	before := s.written >> 22
	if s.written += len(p); s.written>>22 > before {
		text, err := os.ReadFile(s.proc)
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(text)) {
			var kib int
			if _, err := fmt.Sscanf(line, "Anonymous: %d kB", &kib); err == nil {
				s.most = max(s.most, kib)
			}
		}
	}
	return len(p), nil
}
