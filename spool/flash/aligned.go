package flash

import "unsafe"

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
	p = make([]byte, n+Page)
	skip := (Page - misalignment(p)) % Page
	return p[skip : skip+n : skip+n]
}

// misalignment returns how many bytes behind a Page boundary p begins.
func misalignment(p []byte) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(p))) % Page)
}
