package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/config"
)

// A Protocol is what a listener speaks.
type Protocol string

const (
	POP3 Protocol = "pop3"
	SMTP Protocol = "smtp"
	// Submission is SMTP at a port to which mail clients submit, where a login may be demanded.
	Submission Protocol = "submission"
	LMTP       Protocol = "lmtp"
	// HTTP is the protocol of the page. No health check tests its listeners, and mail works without
	// them.
	HTTP Protocol = "http"
)

// A Row is one key of the configuration: what it holds, and the standard ports that apply if it is
// not set.
type Row struct {
	Key      string
	Protocol Protocol
	TLS      bool // from the first octet
	Addrs    []string
	Standard []int
}

// Table returns the keys of a configuration.
func Table(c *config.Config) []Row {
	return []Row{
		{"pop3.listen", POP3, false, c.POP3.Listen, []int{110}},
		{"pop3.listen_tls", POP3, true, c.POP3.ListenTLS, []int{995}},
		{"smtp.listen", SMTP, false, c.SMTP.Listen, []int{25, 587}},
		{"smtp.listen_tls", SMTP, true, c.SMTP.ListenTLS, []int{465}},
		{"smtp.listen_lmtp", LMTP, false, c.SMTP.ListenLMTP, nil},
	}
}

// PageTable returns the keys of the page in a configuration.
func PageTable(c *config.Config) []Row {
	return []Row{
		{"web.listen", HTTP, false, c.Web.Listen, []int{80}},
		{"web.listen_tls", HTTP, true, c.Web.ListenTLS, []int{443}},
	}
}

// An Address describes one address of the configuration, open or not.
type Address struct {
	Key      string // of the configuration
	Protocol string // "pop3", "smtp", "lmtp" or "http"
	Address  string
	Port     int    // 0: a local socket, or not known before the start
	TLS      string // "implicit", "starttls" or "none"
	Off      string // why it is closed; "" if it is open
}

// at describes a listener that is not open.
func (r Row) at(addr string) Address {
	l := Address{Key: r.Key, Protocol: r.Protocol.name(), Address: addr, TLS: tlsOf(r.Protocol, r.TLS)}
	if _, port, err := net.SplitHostPort(addr); err == nil {
		l.Port, _ = strconv.Atoi(port) // the configuration is valid
	}
	return l
}

// name returns the name of a protocol; submission is SMTP for a client.
func (p Protocol) name() string {
	if p == Submission {
		p = SMTP
	}
	return string(p)
}

func tlsOf(p Protocol, implicit bool) string {
	switch {
	case implicit:
		return "implicit"
	case p == LMTP, p == HTTP:
		return "none"
	}
	return "starttls"
}

// A Listener is one open address.
type Listener struct {
	net.Listener
	Protocol Protocol
	TLS      bool   // from the first octet
	Key      string // of the configuration

	probes chan net.Conn // the ends of probes that wait to be let in; one at a time
}

func (l Row) open(addr string) (*Listener, error) {
	network, at := "tcp", addr
	if path, socket := strings.CutPrefix(addr, "unix:"); socket {
		network, at = "unix", path
		removeStale(path)
	}
	if network == "unix" {
		// Who may enter its folder may bring mail, as everybody on this machine may on port 25:
		// cron runs as many users, Postfix's lmtp(8) as postfix, OpenSMTPD's as the user of the
		// action; none is in a group of ours. A folder of mode 0750 keeps it to a group. The mode
		// is that of the new socket: a chmod of its name could meet another file if the folder
		// belongs to another user.
		defer syscall.Umask(syscall.Umask(0o111))
	}
	var config net.ListenConfig
	opened, err := config.Listen(context.Background(), network, at)
	if err == nil {
		return newListener(opened, l), nil
	}
	folder := filepath.Dir(at)
	switch {
	case network == "unix" && errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no folder %s (%s): make it before the server starts, by mkdir or RuntimeDirectory= of systemd: %w", addr, folder, l.Key, fs.ErrNotExist)
	case network == "unix" && errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s: this user may not write into the folder %s (%s): give it to the user that runs the server: %w", addr, folder, l.Key, syscall.EACCES)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program (%s): stop it, or set another address in the configuration: %w", addr, l.Key, syscall.EADDRINUSE)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s is not permitted to this user (%s): "+
			"ports below 1024 need root, CAP_NET_BIND_SERVICE, or the sysctl net.ipv4.ip_unprivileged_port_start=0 (for a container --sysctl, or sysctls in compose.yaml); ports from 1024 do not: %w", addr, l.Key, syscall.EACCES)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf(`%s is no address of this machine (%s): ":port" is all of them: %w`, addr, l.Key, syscall.EADDRNOTAVAIL)
	}
	return nil, fmt.Errorf("%s (%s): %w", addr, l.Key, err)
}

// newListener makes a listener of what was opened. Mail programs know the ports that they submit to
// by number.
func newListener(opened net.Listener, l Row) *Listener {
	one := &Listener{opened, l.Protocol, l.TLS, l.Key, make(chan net.Conn, 1)}
	if l.Protocol == SMTP && config.Submission(one.Port(), l.TLS) {
		one.Protocol = Submission
	}
	return one
}

// removeStale removes a socket at which no process listens any more, as a program that was killed
// leaves it.
func removeStale(path string) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != os.ModeSocket {
		return
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close() // a process listens; the caller's listen fails
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		os.Remove(path) // if it stays, the caller's listen fails
	}
}

func closeListeners(open []*Listener) {
	for _, l := range open {
		l.Close() // an error would change nothing
	}
}

// Port returns the port number, 0 for a local socket.
func (l *Listener) Port() int {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// Inside reports whether the listener is reached from inside of this machine or container only.
func (l *Listener) Inside() bool {
	tcp, ok := l.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
