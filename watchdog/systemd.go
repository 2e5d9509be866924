package watchdog

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// A Supervisor is the notification socket of systemd (sd_notify(3)). A nil one is nobody, and told nothing.
type Supervisor struct {
	conn    *net.UnixConn
	timeout time.Duration // WatchdogSec; 0: it wants no proofs
}

// Supervised returns who supervises this process, by its environment; nil: nobody who listens. It has to be asked before the box is
// confined.
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
	s := &Supervisor{conn: conn}
	if of := getenv("WATCHDOG_PID"); of == "" || of == strconv.Itoa(pid) {
		if usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && usec > 0 {
			s.timeout = time.Duration(usec) * time.Microsecond
		}
	}
	return s, nil
}

// WantsProofs says whether it restarts this program when it is not told that it works.
func (s *Supervisor) WantsProofs() bool { return s != nil && s.timeout > 0 }

// tell sends assignments, one a line.
func (s *Supervisor) tell(lines ...string) error {
	if s == nil {
		return nil
	}
	_, err := s.conn.Write([]byte(strings.Join(lines, "\n")))
	return err
}

// Ready says that the box serves.
func (s *Supervisor) Ready(status string) error { return s.tell("READY=1", "STATUS="+status) }

// Status says in a line how the box is.
func (s *Supervisor) Status(status string) error { return s.tell("STATUS=" + status) }

// Stopping says that an orderly end has begun.
func (s *Supervisor) Stopping() error { return s.tell("STOPPING=1", "STATUS=stopping") }

// Reloading says that a reload has begun; Ready ends it.
func (s *Supervisor) Reloading() error {
	return s.tell("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic().Microseconds()))
}

// Close hangs up.
func (s *Supervisor) Close() error {
	if s == nil {
		return nil
	}
	return s.conn.Close()
}

// Feed makes it a Device: it restarts the program that it is not fed by.
func (s *Supervisor) Feed() error { return s.tell("WATCHDOG=1") }

// Timeout is WatchdogSec.
func (s *Supervisor) Timeout() time.Duration { return s.timeout }

// Disarm does nothing: after Stopping it does not ask for proofs.
func (s *Supervisor) Disarm() error { return nil }

// Starting returns the device for a start that takes long: each feed asks for that much time more until Ready.
func (s *Supervisor) Starting(each time.Duration) Device { return starting{s, each} }

type starting struct {
	*Supervisor
	each time.Duration
}

func (s starting) Feed() error {
	return s.tell(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", s.each.Microseconds()), "STATUS=reading the spool")
}
func (s starting) Timeout() time.Duration { return s.each }

// ErrUnsupervised: this program was not started by a systemd that wants proofs.
var ErrUnsupervised = errors.New("systemd did not start this with WatchdogSec and NotifyAccess")
