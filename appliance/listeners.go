package appliance

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

// A protocol is what a listener speaks.
type protocol string

const (
	protoPOP3 protocol = "pop3"
	protoSMTP protocol = "smtp"
	// SMTP at a port that mail programs submit to, where a login may be asked for.
	protoSubmission protocol = "submission"
	protoLMTP       protocol = "lmtp"
)

// A listener is one open address.
type listener struct {
	net.Listener
	proto protocol
	tls   bool // from the first byte
	key   string

	probes chan net.Conn // the ends of probes that wait to be let in; one at a time
}

// listens is one row of the table of addresses: a key of the configuration, what it holds, and the
// standard ports that hold when it is not written.
type listens struct {
	key      string
	proto    protocol
	tls      bool
	addrs    []string
	standard []int
}

func listensOf(c *config.Config) []listens {
	return []listens{
		{"pop3.listen", protoPOP3, false, c.POP3.Listen, []int{110}},
		{"pop3.listen_tls", protoPOP3, true, c.POP3.ListenTLS, []int{995}},
		{"smtp.listen", protoSMTP, false, c.SMTP.Listen, []int{25, 587}},
		{"smtp.listen_tls", protoSMTP, true, c.SMTP.ListenTLS, []int{465}},
		{"smtp.listen_lmtp", protoLMTP, false, c.SMTP.ListenLMTP, nil},
	}
}

// openListeners opens every address of the configuration, or none. Standard ports that are not permitted give way to
// high ones, once: the choice is kept in the state folder.
func openListeners(c *config.Config) (open []*listener, err error) {
	defer func() {
		if err != nil {
			closeListeners(open)
			open = nil
		}
	}()
	chosen, err := loadPorts(c.State)
	if err != nil {
		return nil, err
	}
	before := len(chosen)
	for _, l := range listensOf(c) {
		if l.addrs == nil {
			for _, port := range l.standard {
				one, err := chosen.open(port, func(port int) (*listener, error) { return l.open(":" + strconv.Itoa(port)) })
				if err != nil {
					return open, err
				}
				open = append(open, one)
			}
		}
		for _, addr := range l.addrs {
			one, err := l.open(addr)
			if err != nil {
				return open, err
			}
			open = append(open, one)
		}
	}
	if len(chosen) > before {
		return open, chosen.store(c.State)
	}
	return open, nil
}

func (l listens) open(addr string) (*listener, error) {
	network, at := "tcp", addr
	if path, socket := strings.CutPrefix(addr, "unix:"); socket {
		network, at = "unix", path
		removeStale(path)
	}
	var config net.ListenConfig
	opened, err := config.Listen(context.Background(), network, at)
	if err == nil && network == "unix" {
		// Who may enter its folder may bring mail, as everybody on this machine may on port 25: cron runs as many users,
		// Postfix's lmtp(8) as postfix, OpenSMTPD's as the user of the action; none is in a group of ours. A folder of
		// mode 0750 keeps it to a group.
		if err = os.Chmod(at, 0o666); err != nil {
			opened.Close()
		}
	}
	if err == nil {
		return newListener(opened, l), nil
	}
	folder := filepath.Dir(at)
	switch {
	case network == "unix" && errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no folder %s (%s): make it before the box starts, by mkdir or RuntimeDirectory= of systemd: %w", addr, folder, l.key, fs.ErrNotExist)
	case network == "unix" && errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s: this user may not write into the folder %s (%s): give it to the user that runs the box: %w", addr, folder, l.key, syscall.EACCES)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program (%s): stop that, or write another address into the configuration: %w", addr, l.key, syscall.EADDRINUSE)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s is not permitted to this user (%s): ports below 1024 need root or CAP_NET_BIND_SERVICE: %w", addr, l.key, syscall.EACCES)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf(`%s is no address of this machine (%s): ":port" is all of them: %w`, addr, l.key, syscall.EADDRNOTAVAIL)
	}
	return nil, fmt.Errorf("%s (%s): %w", addr, l.key, err)
}

// newListener makes a listener of what was opened. Mail programs know the ports that they submit to by number.
func newListener(opened net.Listener, l listens) *listener {
	one := &listener{opened, l.proto, l.tls, l.key, make(chan net.Conn, 1)}
	if l.proto == protoSMTP && config.Submission(one.port(), l.tls) {
		one.proto = protoSubmission
	}
	return one
}

// removeStale takes away a socket that nobody listens at any more: a program that was killed leaves it.
func removeStale(path string) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != os.ModeSocket {
		return
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close() // somebody does; the listen will say so
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		os.Remove(path) // if it stays, the listen will say so
	}
}

func closeListeners(open []*listener) {
	for _, l := range open {
		l.Close() // an error would change nothing
	}
}

// port returns the port number, 0 for a local socket.
func (l *listener) port() int {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}
