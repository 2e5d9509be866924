package child

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"pillarbox/appliance/confine"
	"pillarbox/appliance/outbound/link"
	"pillarbox/appliance/outbound/smarthost"
	remote "pillarbox/appliance/remote/child"
	"pillarbox/appliance/remote/trust"
)

// Command is the argument that makes the program a child. It is in no list of commands.
const Command = "outbound-session"

// socket is the descriptor of the socket pair in the child.
const socket = 3

const dialPatience = 45 * time.Second

// Main is the whole of the child. It returns the exit code.
func Main() int {
	remote.LimitMemory()
	stream := os.NewFile(socket, "socket")
	if _, err := stream.Stat(); err != nil {
		os.Stderr.WriteString("pillarbox: this command is for the server only\n")
		return 2
	}
	if err := link.Serve(stream, open); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// open confines the process and begins a session.
func open(t link.Target) (link.Session, error) {
	host, port, err := net.SplitHostPort(t.Server)
	if err != nil {
		return nil, fmt.Errorf("%q is not a host and port", t.Server)
	}
	if err := restrict(port, t.Bundle); err != nil {
		return nil, fmt.Errorf("the session cannot be confined: %w", err)
	}
	dialer := net.Dialer{Timeout: dialPatience}
	conn, err := dialer.Dial("tcp", t.Server)
	if err != nil {
		if smarthost.IsOffline(err) {
			err = fmt.Errorf("%w: %w", smarthost.ErrOffline, err)
		}
		return nil, err
	}
	policy := trust.Policy{Host: host, Pin: t.Pin, Bundle: t.Bundle}
	s, err := smarthost.Open(context.Background(), conn, smarthost.Options{
		TLS: policy.Config(), Implicit: t.Implicit, Login: t.Login,
	})
	if err != nil {
		return nil, err
	}
	return &tidy{Session: s}, nil
}

// A tidy session has its garbage collected.
type tidy struct {
	link.Session
	garbage remote.Garbage
}

// What a message leaves behind, in octets: commands and replies.
const (
	garbageOfMessage   = 2 << 10
	garbageOfRecipient = 1 << 10
)

// Send hands a message over.
func (s *tidy) Send(m *smarthost.Message) ([]smarthost.Result, error) {
	s.garbage.Add(garbageOfMessage + len(m.To)*garbageOfRecipient)
	return s.Session.Send(m)
}

// restrict takes everything from the process that a session does not need.
func restrict(port, bundle string) error {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	files := append([]string{os.DevNull}, remote.Files()...)
	if bundle != "" {
		files = append(files, bundle)
	}
	_, err = confine.Within(confine.Bounds{Read: files, Connect: []uint16{53, uint16(number)}})
	if errors.Is(err, syscall.E2BIG) { // the server's own domain is one of 16 already
		return nil
	}
	return err
}
