package conn

import (
	"crypto/tls"
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
