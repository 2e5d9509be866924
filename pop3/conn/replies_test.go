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
	r.acquire(&p, false)
	r.n = int32(copy(r.buf.octets, "0123456789"))
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
	r.acquire(&p, false)
	r.n = int32(copy(r.buf.octets, "abc"))
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
	r.acquire(&p, false)
	r.n = int32(copy(r.buf.octets, strings.Repeat("secret", 100)))
	r.clear()
	r.release(&p)
	var other replies
	other.acquire(&p, false)
	if len(other.due()) != 0 {
		t.Errorf("due: %q", other.due())
	}
}

// TestWide: few connections have a wide buffer at a time. One whose client does not take what is in
// it counts until 32 KiB are left.
func TestWide(t *testing.T) {
	var p Pool
	have := make([]replies, wideMost)
	for i := range have {
		have[i].acquire(&p, true)
		if got := have[i].room(); got != WideSize {
			t.Fatalf("buffer %d has %d octets, want %d", i, got, WideSize)
		}
	}
	const free, taken = WideSize, BufferSize
	next := func(when string, want int) {
		t.Helper()
		var r replies
		r.acquire(&p, true)
		if got := r.room(); got != want {
			t.Errorf("%s the next buffer has %d octets, want %d", when, got, want)
		}
		r.release(&p)
	}
	next("at the limit", taken)

	r := &have[0]
	r.n = WideSize
	r.setAside(100, &p)
	next("while much is set aside", taken)
	if r.buf != nil || len(r.left) != WideSize-100 {
		t.Errorf("%d octets are set aside", len(r.left))
	}
	r.wrote(len(r.left))
	r.release(&p)
	next("after it was sent", free)

	r.acquire(&p, true)
	r.n = WideSize
	r.setAside(WideSize-BufferSize, &p)
	next("while 32 KiB are set aside", free)
	r.clear()
	r.release(&p)
	for i := range have {
		have[i].release(&p)
		have[i].release(&p)
	}
	if n := p.wide.Load(); n != 0 {
		t.Errorf("%d wide buffers are counted at the end", n)
	}
	r.acquire(&p, false)
	if got := r.room(); got != BufferSize {
		t.Errorf("a buffer for one reply has %d octets", got)
	}
}
