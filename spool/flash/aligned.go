package flash

import (
	"fmt"
	"unsafe"
)

// Aligned returns a zeroed buffer of n bytes that begins on a Page boundary, as direct
// writes and uncached reads need it. It costs at most n + Page bytes.
//
// It must not be inlined: a buffer on a stack would move with it.
//
//go:noinline
func Aligned(n int) []byte {
	p := make([]byte, n)
	if misalignment(p) == 0 {
		return p // true for most sizes of whole pages
	}
	return align(make([]byte, n+Page), n)
}

// align returns the first n bytes of p that begin on a Page boundary.
func align(p []byte, n int) []byte {
	skip := (Page - misalignment(p)) % Page
	return p[skip : skip+n : skip+n]
}

// Whole returns an error for what a direct write or an uncached read would reject. Every File calls
// it, in Append mode too, so that a caller's mistake shows on every volume.
func Whole(p []byte, off int64) error {
	if off < 0 || off%Page != 0 || len(p)%Page != 0 || misalignment(p) != 0 {
		return fmt.Errorf("flash: %d bytes at %d are not whole pages from an aligned buffer", len(p), off)
	}
	return nil
}

// misalignment returns how many bytes behind a Page boundary p begins.
func misalignment(p []byte) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(p))) % Page)
}
