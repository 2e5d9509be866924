package watchdog

import (
	"net"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// systemd is the other end of the notification socket.
func systemd(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func hear(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	p := make([]byte, 1000)
	n, err := conn.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(p[:n])
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestSystemd(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@pillarbox-" + filepath.Base(t.TempDir()) + time.Now().String()} {
		conn := systemd(t, name)
		s, err := Supervised(environment("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "42"), 42)
		if err != nil {
			t.Fatal(err)
		}
		if !s.WantsProofs() || s.Timeout() != 30*time.Second {
			t.Errorf("it wants proofs: %v, each %v", s.WantsProofs(), s.Timeout())
		}
		for _, row := range []struct {
			tell func() error
			want string
		}{
			{s.Starting(30 * time.Second).Feed, `EXTEND_TIMEOUT_USEC=30000000\nSTATUS=reading the spool`},
			{func() error { return s.Ready("serving") }, `READY=1\nSTATUS=serving`},
			{s.Feed, `WATCHDOG=1`},
			{s.Reloading, `RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]{5,}`},
			{s.Stopping, `STOPPING=1\nSTATUS=stopping`},
		} {
			if err := row.tell(); err != nil {
				t.Error(err)
			}
			if got := hear(t, conn); !regexp.MustCompile("^" + row.want + "$").MatchString(got) {
				t.Errorf("said %q, not %q", got, row.want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNoSystemd(t *testing.T) {
	s, err := Supervised(environment(), 42)
	if s != nil || err != nil {
		t.Errorf("got %v, %v", s, err)
	}
	if s.WantsProofs() || s.Ready("x") != nil || s.Stopping() != nil || s.Close() != nil {
		t.Error("nobody is somebody")
	}
	if _, err := Supervised(environment("NOTIFY_SOCKET", "vsock:2:1234"), 42); err == nil {
		t.Error("a socket of another machine")
	}
	if _, err := Supervised(environment("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "none")), 42); err == nil {
		t.Error("a socket that is not there")
	}
	name := filepath.Join(t.TempDir(), "notify")
	systemd(t, name)
	for _, usec := range []string{"", "0", "-1", "x"} {
		if s, err := Supervised(environment("NOTIFY_SOCKET", name, "WATCHDOG_USEC", usec), 42); err != nil || s.WantsProofs() {
			t.Errorf("%q: wants proofs, %v", usec, err)
		}
	}
	if s, _ := Supervised(environment("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "1000000", "WATCHDOG_PID", "41"), 42); s.WantsProofs() {
		t.Error("the proofs of another process")
	}
}
