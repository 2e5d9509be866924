package smarthost

import (
	"net"
	"testing"

	"pillarbox/cmd/pillarbench/client"
)

// dial opens a session with the server.
func dial(t *testing.T, s *Server) *client.Sender {
	t.Helper()
	conn, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return client.NewSender(client.OverTLS(conn))
}

// TestTakes: messages are taken over TLS after a login, and they and their octets count, a line of
// one dot within a long line not being the end.
func TestTakes(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := dial(t, s)
	if err := c.Hello("EHLO"); err != nil {
		t.Fatal(err)
	}
	if err := c.Say([]byte("AUTH PLAIN AGEAYg==\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.Expect("235"); err != nil {
		t.Fatal(err)
	}
	var want Count
	want.Attempts = 1
	for _, octets := range []int{200, 300 << 10} {
		m := client.Message{Number: 1, Octets: octets}
		if err := c.Deliver(m, "anna@outside.example"); err != nil {
			t.Fatal(err)
		}
		want.Messages++
		want.Octets += int64(len(m.Wire()) - len(".\r\n"))
	}
	long := make([]byte, 16<<10)
	for i := range long {
		long[i] = 'x'
	}
	wire := append(long, ".\r\n.\r\n"...) // the dot begins a piece of the buffer, and no line
	if err := c.DeliverWire(wire, false, "anna@outside.example"); err != nil {
		t.Fatal(err)
	}
	want.Messages++
	want.Octets += int64(len(wire) - len(".\r\n"))
	if got := s.Count(); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// TestDead: a dead server greets nobody, and counts who tried.
func TestDead(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.SetDead(true)
	if err := dial(t, s).Hello("EHLO"); err == nil {
		t.Error("a dead server greeted")
	}
	s.SetDead(false)
	if err := dial(t, s).Hello("EHLO"); err != nil {
		t.Error(err)
	}
	if got, want := s.Count(), (Count{Attempts: 2}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}
