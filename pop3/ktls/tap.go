package ktls

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"reflect"
	"time"
)

// Record types (RFC 8446 §5.1).
const (
	recordAlert       = 21
	recordHandshake   = 22
	recordApplication = 23
)

// Lengths of the body of an encrypted record (RFC 8446 §5.2).
const (
	headerSize = 5
	overhead   = 1 + 16 // the inner type, the tag
	// bodyMax is the longest body that crypto/tls makes.
	bodyMax = 16<<10 + overhead
	// alertSize and keyUpdateSize are the bodies of what crypto/tls sends on its own behalf.
	alertSize     = 2 + overhead
	keyUpdateSize = 5 + overhead
)

// Alerts (RFC 8446 §6).
const (
	levelWarning = 1
	levelFatal   = 2
	closeNotify  = 0
)

// keyUpdate is the message KeyUpdate with update_not_requested (RFC 8446 §4.6.3).
var keyUpdate = []byte{24, 0, 0, 1, 0}

// A Tap is the connection under a *tls.Conn of Kernel.Server. It passes everything on and counts
// records, until Switch. It is used by one goroutine at a time, but for what tls.Conn permits.
type Tap struct {
	*net.TCPConn
	kernel *offer
	suite  *suite // nil before Switch
	secret secret // of the records that are sent

	records uint64 // encrypted ones that were sent, those of the handshake included
	inside  int64  // octets in the records that were sent since Established
	written int64  // octets that the session wrote since then
	header  [headerSize]byte
	have    int  // octets of header that were seen
	body    int  // octets of the record that are still to come
	opaque  bool // the count of records is not to be relied on
	started bool // Established was called
	tried   bool // Switch was called
	closing bool // the next alert is a close_notify
	failed  bool // a fatal alert was sent, behind which there is nothing
}

// Errors of Switch. The connection continues with crypto/tls.
var (
	errTried     = errors.New("ktls: was tried before")
	errVersion   = errors.New("ktls: not TLS 1.3")
	errSuite     = errors.New("ktls: the kernel does not have the cipher suite")
	errUncertain = errors.New("ktls: the number of the next record is not certain")
)

// NetConn returns the connection below.
func (t *Tap) NetConn() net.Conn { return t.TCPConn }

// Established is called after the handshake, before the first octet is written.
func (t *Tap) Established() { t.started, t.inside, t.written = true, 0, 0 }

// Wrote is called with the number of octets that were written to the tls.Conn.
func (t *Tap) Wrote(n int) { t.written += int64(n) }

// Switched reports whether the kernel writes the records.
func (t *Tap) Switched() bool { return t.suite != nil }

// Switch makes the kernel encrypt what is written to the TCP connection from now on. It is called
// when no write is in progress. After an error the tls.Conn is used as before.
func (t *Tap) Switch(state tls.ConnectionState) error {
	if t.tried {
		return errTried
	}
	t.tried = true
	if state.Version != tls.VersionTLS13 {
		return errVersion
	}
	u := t.kernel.suite(state.CipherSuite)
	if u == nil {
		return errSuite
	}
	handshake := uint64(4) // see doc.go
	if state.DidResume {
		handshake = 2
	}
	if t.secret == (secret{}) || t.opaque || !t.started || t.inside != t.written || t.have > 0 || t.body > 0 || t.records < handshake {
		return errUncertain
	}
	if err := t.kernel.socket.Enable(t.TCPConn); err != nil {
		return err
	}
	if err := t.kernel.socket.Install(t.TCPConn, u.info(t.secret, t.records-handshake)); err != nil {
		return err
	}
	t.suite = u
	return nil
}

// Write is what crypto/tls writes: records, or after Switch what is to become a control record.
func (t *Tap) Write(b []byte) (int, error) {
	if t.suite != nil {
		return t.control(b)
	}
	n, err := t.TCPConn.Write(b)
	t.count(b[:n])
	return n, err
}

// count follows the records of crypto/tls.
func (t *Tap) count(b []byte) {
	for len(b) > 0 {
		if t.body > 0 {
			n := min(t.body, len(b))
			t.body -= n
			b = b[n:]
			continue
		}
		n := copy(t.header[t.have:], b)
		t.have += n
		b = b[n:]
		if t.have == headerSize {
			t.have = 0
			t.body = int(binary.BigEndian.Uint16(t.header[3:]))
			t.record(t.header[0], t.body)
		}
	}
}

// record counts one record. A body of full size during the handshake is a part of a message, and
// there are more records than messages then.
func (t *Tap) record(outer byte, body int) {
	if outer != recordApplication {
		return
	}
	t.records++
	t.inside += int64(body - overhead)
	if !t.started && body >= bodyMax {
		t.opaque = true
	}
}

// A keyLog is a Tap as the KeyLogWriter of its configuration.
type keyLog Tap

// Write keeps the server's traffic secret.
func (l *keyLog) Write(b []byte) (int, error) {
	if s, ok := parseKeyLog(string(b)); ok {
		l.secret = s
	}
	return len(b), nil
}

// control sends a control record of the kernel in place of b, which crypto/tls wrote after Switch:
// an alert, or the answer to a KeyUpdate. Of an alert other than close_notify, Fail has the
// description.
func (t *Tap) control(b []byte) (int, error) {
	switch contentOf(b) {
	case recordHandshake:
		return len(b), t.updateKeys()
	case recordAlert:
		if t.closing && !t.failed {
			return len(b), t.alert(levelWarning, closeNotify)
		}
		return len(b), nil
	}
	return 0, net.ErrClosed
}

// contentOf returns what is in a record of crypto/tls that it sends on its own behalf, or 0. Only
// the length shows it, as long as the record is encrypted, by keys that are no longer those of the
// connection. After Release it is in the clear, with its type.
func contentOf(b []byte) byte {
	switch body := len(b) - headerSize; {
	case body == alertSize, body == alertSize-overhead && b[0] == recordAlert:
		return recordAlert
	case body == keyUpdateSize, body == keyUpdateSize-overhead && b[0] == recordHandshake:
		return recordHandshake
	}
	return 0
}

// updateKeys announces new keys and installs them, if the kernel can.
func (t *Tap) updateKeys() error {
	if !t.kernel.rekeys {
		return nil
	}
	if err := t.send(recordHandshake, keyUpdate); err != nil {
		return err
	}
	t.secret = t.secret.next()
	return t.kernel.socket.Install(t.TCPConn, t.suite.info(t.secret, 0))
}

// CloseWrite leaves the connection open after Switch, where close_notify ends what is sent: the
// kernel may still hold records that found no room in the socket, and an end of TCP, or Close,
// would drop them. So the caller waits until the client has closed the connection.
func (t *Tap) CloseWrite() error {
	if t.suite != nil {
		return nil
	}
	return t.TCPConn.CloseWrite()
}

// Closing is called before the tls.Conn is closed.
func (t *Tap) Closing() { t.closing = true }

// Fail is called with the error of a read of the tls.Conn. If crypto/tls has found a fault, it
// tells the client.
func (t *Tap) Fail(err error) {
	var local *net.OpError
	if t.suite == nil || !errors.As(err, &local) || local.Op != "local error" {
		return
	}
	// The type of the alerts of crypto/tls is not exported.
	if v := reflect.ValueOf(local.Err); v.Kind() == reflect.Uint8 {
		t.failed = true
		t.alert(levelFatal, byte(v.Uint()))
	}
}

func (t *Tap) alert(level, description byte) error {
	return t.send(recordAlert, []byte{level, description})
}

// controlTime is how long a control record waits for room, as long as crypto/tls waits with its
// own.
const controlTime = 5 * time.Second

// send sends a control record. The deadline for writes was set for an earlier reply and may have
// passed; the next reply sets its own.
func (t *Tap) send(record byte, content []byte) error {
	t.SetWriteDeadline(time.Now().Add(controlTime))
	return t.kernel.socket.Control(t.TCPConn, record, content)
}
