package logging

import (
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

const (
	logSocket = "/dev/log"
	facility  = 2 << 3 // mail (RFC 5424 §6.2.1)

	// syslogPatience is how long a line waits for a log daemon that does not read its socket.
	syslogPatience = 100 * time.Millisecond
	// syslogRetry is how long lines go elsewhere after the daemon did not take one.
	syslogRetry = time.Second
)

// A syslog is the log daemon of this machine: a datagram for each line, as syslog(3) sends it.
// Lines that the daemon does not take are written to another destination.
type syslog struct {
	path   string
	tag    string
	conn   *net.UnixConn // nil: not connected
	failed time.Time     // when the daemon did not take a line
	instead
}

// instead is where lines go that the daemon does not take.
type instead struct{ stderr io.Writer }

func newSyslog(path string, stderr io.Writer) *syslog {
	return &syslog{path: path, tag: " pillarbox[" + strconv.Itoa(os.Getpid()) + "]: ", instead: instead{stderr}}
}

// Write sends a line. A daemon that was restarted has another socket, so it connects once more.
func (s *syslog) Write(line []byte) (int, error) {
	if now := time.Now(); s.failed.IsZero() || now.Sub(s.failed) >= syslogRetry || now.Before(s.failed) {
		for range 2 {
			if s.send(line[:len(line)-1], now) {
				s.failed = time.Time{}
				return len(line), nil
			}
		}
		s.failed = now
	}
	return s.stderr.Write(line)
}

// send sends a datagram. If that fails, the connection is closed.
func (s *syslog) send(text []byte, now time.Time) bool {
	if s.conn == nil {
		conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.path, Net: "unixgram"})
		if err != nil {
			return false
		}
		s.conn = conn
	}
	s.conn.SetWriteDeadline(now.Add(syslogPatience))
	if _, err := s.conn.Write(text); err != nil {
		s.conn.Close()
		s.conn = nil
		return false
	}
	return true
}
