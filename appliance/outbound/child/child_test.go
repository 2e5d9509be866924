package child

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"pillarbox/appliance/outbound/link"
	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
	"pillarbox/pop3/wire"
)

// TestMain is the child, if a test starts it.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == Command {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// An outgoing server that knows one user.
type outgoing struct {
	addr, pin string

	mu    sync.Mutex
	taken []string
}

func serve(t *testing.T, implicit bool) *outgoing {
	t.Helper()
	o := &outgoing{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := pop3test.TLS(t, "")
	sum := sha256.Sum256(config.Certificates[0].Certificate[0])
	o.addr, o.pin = l.Addr().String(), hex.EncodeToString(sum[:])
	server := &smtpd.Server{Hostname: "smtp.example.org", TLS: config, Auth: o, Router: o, Spooler: o, RequireAuth: true}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { server.ServeConn(context.Background(), conn, implicit) })
		}
	})
	t.Cleanup(func() { l.Close(); group.Wait() })
	return o
}

func (o *outgoing) Authenticate(_ context.Context, c smtpd.Credentials) (string, error) {
	if !c.TLS || c.User != "anna" || c.Password != "a secret" {
		return "", smtpd.ErrAuth
	}
	return c.User, nil
}

func (o *outgoing) Mailboxes(_ context.Context, to smtpd.Path, _ *smtpd.Envelope) ([]string, error) {
	if to.Local == "nobody" {
		return nil, smtpd.ErrUnknown
	}
	return []string{to.Local}, nil
}

func (o *outgoing) Room(context.Context, *smtpd.Envelope) error { return nil }

func (o *outgoing) Begin(context.Context, *smtpd.Envelope, []smtpd.Recipient) (smtpd.Delivery, error) {
	return &incoming{o: o}, nil
}

type incoming struct {
	o    *outgoing
	text strings.Builder
}

func (d *incoming) Write(b []byte) (int, error) { return d.text.Write(b) }
func (d *incoming) Abort()                      {}
func (d *incoming) Commit(context.Context, wire.Shape) error {
	d.o.mu.Lock()
	defer d.o.mu.Unlock()
	d.o.taken = append(d.o.taken, d.text.String())
	return nil
}

func dial(t *testing.T, target link.Target) (*Session, error) {
	t.Helper()
	if raced {
		t.Skip("a child has no memory for the race detector")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Start(t.Context(), program, target)
}

// TestChild: a process of its own hands messages over, with TLS from the first octet and by
// STARTTLS.
func TestChild(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		o := serve(t, implicit)
		s, err := dial(t, link.Target{Server: o.addr, Implicit: implicit, Pin: o.pin, Login: smarthost.Login{User: "anna", Password: "a secret"}})
		if err != nil {
			t.Fatal(err)
		}
		text := "Subject: x\r\n\r\n" + strings.Repeat("0123456789\r\n", 20_000) + ".\r\n"
		for range 2 {
			s.process.life.Stop() // as if its time was nearly over
			results, err := s.Send(&smarthost.Message{
				From: "anna@example.org", Octets: int64(len(text)),
				To:   []smarthost.Recipient{{Address: "bob@example.net"}, {Address: "nobody@example.net"}},
				Body: func() (io.Reader, int64, error) { return strings.NewReader(text), int64(len(text)), nil },
			})
			if err != nil || results[0].Outcome != smarthost.Sent || results[1].Outcome != smarthost.Failed || results[1].Reply.Enhanced != "5.1.1" {
				t.Errorf("%+v, %v", results, err)
			}
			if !s.process.life.Stop() {
				t.Error("the time of the child does not begin anew with a message")
			}
		}
		s.Close()
		if len(o.taken) != 2 || !strings.HasSuffix(o.taken[0], text) {
			t.Errorf("%d messages were taken", len(o.taken))
		}
	}
}

// TestChildErrors: what goes wrong in the child means the same to the server.
func TestChildErrors(t *testing.T) {
	o := serve(t, true)
	good := link.Target{Server: o.addr, Implicit: true, Pin: o.pin, Login: smarthost.Login{User: "anna", Password: "a secret"}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for _, row := range []struct {
		name  string
		spoil func(*link.Target)
		want  error
	}{
		{"another certificate", func(t *link.Target) { t.Pin = strings.Repeat("0", 64) }, smarthost.ErrHandshake},
		{"wrong password", func(t *link.Target) { t.Login.Password = "x" }, smarthost.ErrLogin},
		{"nobody there", func(t *link.Target) { t.Server = l.Addr().String() }, smarthost.ErrOffline},
	} {
		target := good
		row.spoil(&target)
		if _, err := dial(t, target); !errors.Is(err, row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestChildKilled: the end of the context ends the child.
func TestChildKilled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // it never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := l.Accept(); err == nil {
			defer conn.Close()
			cancel()
			io.Copy(io.Discard, conn) // until the child is dead
		}
	}()
	if _, err := Start(ctx, program, link.Target{Server: l.Addr().String(), Implicit: true}); err == nil {
		t.Error("a session without a server")
	}
}

// TestTimeForMessage: a large message over a slow line is not killed in its middle.
func TestTimeForMessage(t *testing.T) {
	for octets, want := range map[int64]time.Duration{0: time.Hour, -1: time.Hour, 36 << 20: 3*time.Hour + 33*time.Minute + 36*time.Second} {
		if got := timeFor(octets); got != want {
			t.Errorf("%d octets: %v, want %v", octets, got, want)
		}
	}
}
