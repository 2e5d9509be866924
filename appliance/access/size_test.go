package access

import (
	"testing"
	"unsafe"
)

// TestSessionSize: a Session stays in its size class of the allocator.
func TestSessionSize(t *testing.T) {
	if size := unsafe.Sizeof(Session{}); size > 96 {
		t.Errorf("a Session has %d octets", size)
	}
}
