//go:build !cgo

package child

// Linked is whether this build of the program uses a C library. It does not.
const Linked = false
