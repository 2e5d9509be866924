package smtpd

import (
	"testing"
	"unsafe"
)

// TestSessionSize: a session and a transaction stay in their size classes of the allocator, because
// a server has one of each for each client that sends.
func TestSessionSize(t *testing.T) {
	if size := unsafe.Sizeof(session{}); size > 448 {
		t.Errorf("a session has %d octets", size)
	}
	if size := unsafe.Sizeof(transaction{}); size > 384 {
		t.Errorf("a transaction has %d octets", size)
	}
}
