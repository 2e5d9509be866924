package conn

import (
	"crypto/tls"
	"errors"
	"net"
)

// Records is the connection under a *tls.Conn whose records are made by crypto/tls, which writes
// each of them by itself, 16 KiB at most. It passes everything on, but the records of the replies
// to pipelined commands leave in one write.
type Records struct {
	net.Conn
	held *buffer // nil unless records are gathered
	n    int     // octets that are gathered in held
}

// OverRecords returns the server's side of a TLS connection over raw, before its handshake.
func OverRecords(raw net.Conn, config *tls.Config) *tls.Conn {
	return tls.Server(&Records{Conn: raw}, config)
}

// NetConn returns the connection below.
func (r *Records) NetConn() net.Conn { return r.Conn }

// CloseWrite is that of the connection below.
func (r *Records) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Write is what crypto/tls calls.
func (r *Records) Write(b []byte) (int, error) {
	if r.held == nil {
		return r.Conn.Write(b)
	}
	room := r.held.octets[:cap(r.held.octets)]
	if len(b) > len(room)-r.n {
		if err := r.send(); err != nil {
			return 0, err
		}
	}
	if len(b) > len(room) {
		return r.Conn.Write(b)
	}
	r.n += copy(room[r.n:], b)
	return len(b), nil
}

// send writes what is gathered.
func (r *Records) send() error {
	if r.n == 0 {
		return nil
	}
	_, err := r.Conn.Write(r.held.octets[:r.n])
	r.n = 0
	return err
}

// gather writes b to secure, which is over r. The buffer for the records comes from the pool, and
// returns there.
func (r *Records) gather(secure net.Conn, b []byte, p *Pool) (int, error) {
	r.held = p.getWide()
	n, err := secure.Write(b)
	if failed := r.send(); err == nil {
		err = failed
	}
	p.put(r.held)
	r.held = nil
	return n, err
}

// recordSize is the largest payload of a record (RFC 8446 §5.1).
const recordSize = 16 << 10

// writeWide writes octets of any number, and gathers their records.
func (t *transport) writeWide(b []byte, p *Pool) (int, error) {
	if secure, ok := t.raw.(*tls.Conn); ok && len(b) > recordSize {
		if r, ok := secure.NetConn().(*Records); ok {
			return r.gather(secure, b, p)
		}
	}
	return t.write(b)
}
