package spool

import (
	"testing"
	"unsafe"

	"pillarbox/spool/reader"
)

// TestSizes: what each session and each download holds stays in its size class of the allocator.
func TestSizes(t *testing.T) {
	for name, v := range map[string]struct{ size, most uintptr }{
		"View":           {unsafe.Sizeof(View{}), 192},
		"reader.Message": {unsafe.Sizeof(reader.Message{}), 240},
	} {
		if v.size > v.most {
			t.Errorf("%s has %d octets, at most %d", name, v.size, v.most)
		}
	}
}
