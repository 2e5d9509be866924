package conn

import "bytes"

// Replies are what was gathered for the client and has not been sent. They own a buffer only while
// something is gathered.
type replies struct {
	buf  *[BufferSize]byte // nil while nothing is gathered
	n    int               // octets that are gathered in buf
	left []byte            // sent before buf: gathered before the connection was parked
	sent int64             // octets that cannot be taken back: they were sent, or are in left
}

// acquire takes a buffer of the pool.
func (r *replies) acquire(p *Pool) {
	if r.buf == nil {
		r.buf = p.get()
	}
}

// release returns the buffer to the pool if it is empty.
func (r *replies) release(p *Pool) {
	if r.buf != nil && r.n == 0 {
		p.buffers.Put(r.buf)
		r.buf = nil
	}
}

// full reports whether octets cannot be gathered before something is sent.
func (r *replies) full() bool { return r.n == BufferSize || r.left != nil }

// due returns what is to be sent next.
func (r *replies) due() []byte {
	if r.left != nil {
		return r.left
	}
	if r.buf == nil {
		return nil
	}
	return r.buf[:r.n]
}

// wrote records that n octets of due were sent. The rest of due, which is left after an error only,
// will not be sent.
func (r *replies) wrote(n int) {
	if r.left != nil { // counted by setAside
		r.left = nil
		return
	}
	r.sent += int64(n)
	r.n = 0
}

// setAside records that n octets of due were sent, keeps the others in a slice of their size, and
// releases the buffer. They count as sent, because the client may have a part of the reply.
func (r *replies) setAside(n int, p *Pool) {
	if r.left != nil {
		r.left = r.left[n:]
		return
	}
	r.left = bytes.Clone(r.buf[n:r.n])
	r.sent += int64(r.n)
	r.n = 0
	r.release(p)
}

// clear removes what is gathered. The buffer stays.
func (r *replies) clear() { r.n, r.left = 0, nil }

// taken returns how many octets the socket has accepted.
func (r *replies) taken() int64 { return r.sent - int64(len(r.left)) }

// A Position is a point among the gathered replies, to take back what was gathered after it.
type Position struct {
	sent int64
	n    int
}
