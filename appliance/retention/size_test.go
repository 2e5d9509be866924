package retention

import (
	"testing"
	"unsafe"
)

// TestMaildropSize: a maildrop stays in its size class of the allocator, because each session has
// one.
func TestMaildropSize(t *testing.T) {
	if size := unsafe.Sizeof(Maildrop{}); size > 160 {
		t.Errorf("a Maildrop has %d octets", size)
	}
}
