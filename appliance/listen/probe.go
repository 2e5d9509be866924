package listen

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// A probe is a connection that the server makes to itself: it wakes the accept loop of a listener,
// is let in by it, and has to be greeted. It does not go over the network: a flood fills the queue
// of the kernel, a packet filter closes the loopback, and Landlock has taken connecting away; none
// of them is a reason to start again. It takes no place of a client, and no line of the log.

// alertedHello is a TLS record with a ClientHello that is cut short. It costs no cryptography, and
// only TLS answers it, with an alert.
const (
	alertedHello = "\x16\x03\x01\x00\x04\x01\x00\x00\x00"
	alertRecord  = 0x15
)

// greetings are the first words of a server.
var greetings = map[Protocol]string{POP3: "+OK ", SMTP: "220 ", Submission: "220 ", LMTP: "220 "}

// Answered is a health check: the listener still listens, and a client that connects is greeted.
func (l *Listener) Answered(ctx context.Context) error {
	if err := l.listens(); err != nil {
		return err
	}
	near, far := net.Pipe()
	defer near.Close()
	select {
	case l.probes <- far:
	default:
		return errors.New("the probe before was not taken")
	}
	if d, ok := l.Listener.(interface{ SetDeadline(time.Time) error }); ok {
		d.SetDeadline(time.Unix(1, 0)) // wakes the accept loop; an error is one of its own
	}
	stop := context.AfterFunc(ctx, func() { near.Close() })
	defer stop()
	if l.TLS {
		return alerted(near)
	}
	return greeted(near, greetings[l.Protocol])
}

// listens asks the kernel.
func (l *Listener) listens() error {
	socket, ok := l.Listener.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	listening := 0
	if closed := raw.Control(func(fd uintptr) {
		listening, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	}); closed != nil {
		return closed
	}
	if err == nil && listening == 0 {
		err = errors.New("the socket does not listen any more")
	}
	return err
}

// greeted reads a greeting and takes leave.
func greeted(conn net.Conn, want string) error {
	in := bufio.NewReaderSize(conn, 512)
	line, err := in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("no greeting: %w", err)
	}
	if !strings.HasPrefix(line, want) {
		return fmt.Errorf("greeted by %q", strings.TrimSpace(line))
	}
	if _, err := io.WriteString(conn, "QUIT\r\n"); err != nil {
		return fmt.Errorf("no ear for QUIT: %w", err)
	}
	if _, err := in.ReadString('\n'); err != nil {
		return fmt.Errorf("no answer to QUIT: %w", err)
	}
	return nil
}

// alerted has TLS answer without a handshake.
func alerted(conn net.Conn) error {
	if _, err := io.WriteString(conn, alertedHello); err != nil {
		return fmt.Errorf("no ear for TLS: %w", err)
	}
	var record [7]byte
	if _, err := io.ReadFull(conn, record[:]); err != nil {
		return fmt.Errorf("no answer from TLS: %w", err)
	}
	if record[0] != alertRecord {
		return fmt.Errorf("TLS answered by a record of type %d", record[0])
	}
	return nil
}
