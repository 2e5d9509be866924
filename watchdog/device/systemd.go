package device

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// A Supervisor is the notification socket of systemd (sd_notify(3)). The methods of a nil
// Supervisor do nothing.
type Supervisor struct {
	conn        *net.UnixConn
	sendTimeout time.Duration // how long a message may wait for room in the socket
	timeout     time.Duration // WatchdogSec; 0 if systemd does not expect to be notified
}

// sendTimeout is how long a message may wait while systemd reads none. It is a fraction of the time
// between two feeds, because the goroutine that feeds also evaluates the checks.
const sendTimeout = time.Second

// Supervised connects to the notification socket that the environment names. It returns nil if the
// environment names none. It must be called before the process is confined.
func Supervised(getenv func(string) string, pid int) (*Supervisor, error) {
	name := getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil, nil
	}
	if name[0] != '/' && name[0] != '@' {
		return nil, fmt.Errorf("NOTIFY_SOCKET=%s is no socket of this machine", name)
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	s := &Supervisor{conn: conn, sendTimeout: sendTimeout}
	if of := getenv("WATCHDOG_PID"); of == "" || of == strconv.Itoa(pid) {
		if usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && usec > 0 {
			s.timeout = time.Duration(usec) * time.Microsecond
		}
	}
	return s, nil
}

// WatchdogEnabled reports whether systemd ends this process unless it is fed, as
// sd_watchdog_enabled(3) does.
func (s *Supervisor) WatchdogEnabled() bool { return s != nil && s.timeout > 0 }

// notify sends assignments, one a line. It fails if systemd reads nothing for sendTimeout.
func (s *Supervisor) notify(lines ...string) error {
	if s == nil {
		return nil
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.sendTimeout)); err != nil {
		return err
	}
	_, err := s.conn.Write([]byte(strings.Join(lines, "\n")))
	return err
}

// Ready notifies systemd that the server accepts connections, or that a reload has ended.
func (s *Supervisor) Ready(status string) error { return s.notify("READY=1", "STATUS="+status) }

// Status sets the line that systemctl status shows.
func (s *Supervisor) Status(status string) error { return s.notify("STATUS=" + status) }

// Stopping notifies systemd that the server has begun to stop.
func (s *Supervisor) Stopping() error { return s.notify("STOPPING=1", "STATUS=stopping") }

// Reloading notifies systemd that a reload has begun. Ready ends it.
func (s *Supervisor) Reloading() error {
	return s.notify("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic().Microseconds()))
}

// Close closes the socket.
func (s *Supervisor) Close() error {
	if s == nil {
		return nil
	}
	return s.conn.Close()
}

// Feed restarts the timeout. systemd ends and restarts a program that does not feed it.
func (s *Supervisor) Feed() error { return s.notify("WATCHDOG=1") }

// Timeout returns WatchdogSec.
func (s *Supervisor) Timeout() time.Duration { return s.timeout }

// Disarm does nothing, because systemd expects no feed after Stopping.
func (s *Supervisor) Disarm() error { return nil }

// Starting returns the watchdog of a long start: each feed extends the start timeout of systemd by
// that much.
func (s *Supervisor) Starting(each time.Duration) Watchdog { return starting{s, each} }

type starting struct {
	*Supervisor
	each time.Duration
}

func (s starting) Feed() error {
	extend := fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", s.each.Microseconds())
	return s.notify(extend, "STATUS=reading the spool")
}
func (s starting) Timeout() time.Duration { return s.each }

// ErrUnsupervised is returned when systemd did not start this process, or without WatchdogSec.
var ErrUnsupervised = errors.New("systemd did not start this with WatchdogSec and NotifyAccess")
