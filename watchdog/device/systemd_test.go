package device

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// systemd opens the other end of the notification socket.
func systemd(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func receive(t *testing.T, conn *net.UnixConn) string {
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
	path := filepath.Join(t.TempDir(), "notify")
	abstract := "@pillarbox-" + filepath.Base(t.TempDir()) + time.Now().String()
	for _, name := range []string{path, abstract} {
		conn := systemd(t, name)
		getenv := environment("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "42")
		s, err := Supervised(getenv, 42)
		if err != nil {
			t.Fatal(err)
		}
		if !s.WatchdogEnabled() || s.Timeout() != 30*time.Second {
			t.Errorf("enabled: %v, timeout %v", s.WatchdogEnabled(), s.Timeout())
		}
		for _, row := range []struct {
			notify func() error
			want   string
		}{
			{s.Starting(30 * time.Second).Feed, `EXTEND_TIMEOUT_USEC=30000000\nSTATUS=reading the spool`},
			{func() error { return s.Ready("serving") }, `READY=1\nSTATUS=serving`},
			{s.Feed, `WATCHDOG=1`},
			{s.Reloading, `RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]{5,}`},
			{s.Stopping, `STOPPING=1\nSTATUS=stopping`},
		} {
			if err := row.notify(); err != nil {
				t.Error(err)
			}
			if got := receive(t, conn); !regexp.MustCompile("^" + row.want + "$").MatchString(got) {
				t.Errorf("sent %q, want %q", got, row.want)
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
	if s.WatchdogEnabled() || s.Ready("x") != nil || s.Stopping() != nil || s.Close() != nil {
		t.Error("a nil Supervisor does something")
	}
	if _, err := Supervised(environment("NOTIFY_SOCKET", "vsock:2:1234"), 42); err == nil {
		t.Error("a socket of another machine")
	}
	none := filepath.Join(t.TempDir(), "none")
	if _, err := Supervised(environment("NOTIFY_SOCKET", none), 42); err == nil {
		t.Error("a socket that is not there")
	}
	name := filepath.Join(t.TempDir(), "notify")
	systemd(t, name)
	for _, usec := range []string{"", "0", "-1", "x"} {
		s, err := Supervised(environment("NOTIFY_SOCKET", name, "WATCHDOG_USEC", usec), 42)
		if err != nil || s.WatchdogEnabled() {
			t.Errorf("%q: enabled, %v", usec, err)
		}
	}
	getenv := environment("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "1000000", "WATCHDOG_PID", "41")
	if s, _ := Supervised(getenv, 42); s.WatchdogEnabled() {
		t.Error("enabled for another process")
	}
}

// TestSystemdThatHangs: a feed returns if systemd does not read from the socket.
func TestSystemdThatHangs(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	systemd(t, name)
	s, err := Supervised(environment("NOTIFY_SOCKET", name), 42)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.sendTimeout != sendTimeout {
		t.Errorf("a message waits for %v", s.sendTimeout)
	}
	s.sendTimeout = time.Millisecond
	for range 100_000 { // net.unix.max_dgram_qlen messages wait, 10 to 512
		if err = s.Feed(); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Feed = %v, want %v", err, os.ErrDeadlineExceeded)
	}
}
