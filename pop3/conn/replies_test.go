package conn

import (
	"strings"
	"testing"
)

// TestReplies: the buffer belongs to the pool whenever nothing is gathered, and what was set aside
// comes before the buffer and counts as sent.
func TestReplies(t *testing.T) {
	var p Pool
	var r replies
	if r.due() != nil {
		t.Error("something is due at the beginning")
	}
	r.release(&p)
	r.acquire(&p)
	r.n = copy(r.buf[:], "0123456789")
	r.release(&p)
	if string(r.due()) != "0123456789" {
		t.Errorf("due: %q", r.due())
	}
	r.setAside(4, &p)
	if r.buf != nil || r.sent != 10 || r.taken() != 4 || !r.full() || string(r.due()) != "456789" || cap(r.left) > 16 {
		t.Errorf("after setAside: %+v", r)
	}
	r.setAside(2, &p)
	if r.taken() != 6 || string(r.due()) != "6789" {
		t.Errorf("after the second setAside: %+v", r)
	}
	r.acquire(&p)
	r.n = copy(r.buf[:], "abc")
	if string(r.due()) != "6789" {
		t.Errorf("due: %q", r.due())
	}
	r.wrote(4)
	if string(r.due()) != "abc" || r.sent != 10 || r.full() {
		t.Errorf("after the first write: %+v", r)
	}
	r.wrote(3)
	r.release(&p)
	if r.buf != nil || r.sent != 13 || r.taken() != 13 || r.due() != nil {
		t.Errorf("at the end: %+v", r)
	}
}

// TestPoolReuses: a buffer that was released is used again, and its octets are not sent.
func TestPoolReuses(t *testing.T) {
	var p Pool
	if p.parkAfter() != defaultParkAfter {
		t.Errorf("a connection is parked after %v", p.parkAfter())
	}
	var r replies
	r.acquire(&p)
	r.n = copy(r.buf[:], strings.Repeat("secret", 100))
	r.clear()
	r.release(&p)
	var other replies
	other.acquire(&p)
	if len(other.due()) != 0 {
		t.Errorf("due: %q", other.due())
	}
}
