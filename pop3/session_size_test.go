package pop3

import (
	"testing"
	"unsafe"
)

// TestSessionSize: a session stays in the size class of 480 octets of the allocator, because a
// server keeps one for each parked connection.
func TestSessionSize(t *testing.T) {
	if size := unsafe.Sizeof(session{}); size > 480 {
		t.Errorf("a session has %d octets", size)
	}
}
