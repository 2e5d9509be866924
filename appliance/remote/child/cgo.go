//go:build cgo

package child

// Linked is whether this build of the program uses a C library, as "go run" builds it where there
// is a C compiler. A process that is confined cannot start such a program: it may not execute the
// dynamic loader, and a child cannot read its list of threads, which its own confinement needs.
const Linked = true
