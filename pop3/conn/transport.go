package conn

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"pillarbox/pop3/ktls"
)

// A transport is what a connection writes to: TCP, or TLS whose records crypto/tls makes, or the
// kernel.
type transport struct {
	raw net.Conn     // TCP, or TLS over it
	tcp *net.TCPConn // what the kernel sends to; nil while crypto/tls makes the records
	tap *ktls.Tap    // of a TLS connection that may be handed to the kernel, or was
}

// secure continues over TLS, after its handshake.
func (t *transport) secure(conn *tls.Conn) {
	t.raw, t.tcp = conn, nil
	if tap, ok := conn.NetConn().(*ktls.Tap); ok {
		tap.Established()
		t.tap = tap
	}
}

// write writes octets to the socket, or to crypto/tls while that makes the records.
func (t *transport) write(b []byte) (int, error) {
	if t.tcp != nil {
		return t.tcp.Write(b)
	}
	n, err := t.raw.Write(b)
	if t.tap != nil {
		t.tap.Wrote(n)
	}
	return n, err
}

// kernel reports whether the kernel can send files to the client. The first large body of a TLS
// connection has it make the records from then on, if it can. An idle session would only pay for
// it: the kernel holds 2 to 4 KiB for the keys.
func (t *transport) kernel() bool {
	secure, ok := t.raw.(*tls.Conn)
	if t.tcp != nil || t.tap == nil || !ok {
		return t.tcp != nil
	}
	if t.tap.Switch(secure.ConnectionState()) != nil {
		t.tap = nil // crypto/tls continues
		return false
	}
	t.tcp = t.tap.TCPConn
	return true
}

// kernelPatience is how long a client has, after the last reply, to take what the kernel holds and
// to close the connection.
const kernelPatience = 5 * time.Second

// handedOver reports whether the kernel makes the records. A close would drop those that it holds.
func (t *transport) handedOver() bool { return t.tap != nil && t.tap.Switched() }

// rest is called before the connection is parked.
func (t *transport) rest() {
	if secure, ok := t.raw.(*tls.Conn); ok {
		releaseBuffers(secure)
		if t.tap != nil {
			t.tap.Release(secure)
		}
	}
}

// failed is called with the error of a read.
func (t *transport) failed(err error) {
	if t.tap != nil {
		t.tap.Fail(err)
	}
}

// closing is called before the connection is closed.
func (t *transport) closing() {
	if t.tap != nil {
		t.tap.Closing()
	}
}

// What ends a connection, beside the errors of its socket. They are in the log of a session.
var (
	// ErrIdle is returned when the client has sent no line for the idle time.
	ErrIdle = errors.New("pop3: the client was idle for too long")
	// ErrSlow is returned when the client has not taken 32 KiB of replies in the idle time.
	ErrSlow = errors.New("pop3: the client does not take what it asked for")
	// ErrLimit is returned when the time of SetLimit has passed.
	ErrLimit = errors.New("pop3: the time limit has passed")
	// ErrStopping is returned when the context has ended while nothing was to be sent.
	ErrStopping = errors.New("pop3: the server stops")
)

// limits are how long a connection waits for its client.
type limits struct {
	idle time.Duration // for a line, and for BufferSize octets of replies
	by   time.Time     // no deadline is later; zero if there is no such limit
}

// deadline returns when a wait that begins now ends.
func (l *limits) deadline() time.Time {
	by := time.Now().Add(l.idle)
	if !l.by.IsZero() && l.by.Before(by) {
		return l.by
	}
	return by
}

// passed returns ErrLimit if its time has passed, else otherwise.
func (l *limits) passed(otherwise error) error {
	if !l.by.IsZero() && !time.Now().Before(l.by) {
		return ErrLimit
	}
	return otherwise
}

// earlier returns the time that comes first.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// A pace is the rate at which a client has to take a long reply: BufferSize octets in the time of
// one wait. Without it, a client that takes an octet now and then would keep its session for as
// long as it likes.
type pace struct {
	by   time.Time // when the next octets have to be taken
	from int64     // octets that were taken when by was set
}

// deadline returns when a client that has taken this many octets has to have taken more.
func (p *pace) deadline(taken int64, l *limits) time.Time {
	if p.by.IsZero() || taken-p.from >= BufferSize {
		*p = pace{l.deadline(), taken}
	}
	return p.by
}
