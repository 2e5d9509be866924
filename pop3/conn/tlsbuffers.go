package conn

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"unsafe"
)

// releaseBuffers releases the buffers in which conn has received what it has handed on: 3.5 KiB
// that crypto/tls keeps as long as the connection, because the ClientHello needed them. The next
// read allocates 576 octets. It is called while no other goroutine uses conn.
//
// crypto/tls has no function for it. A field that is missing, or has another type than in Go 1.26,
// is left alone; TestReleaseBuffers fails then.
func releaseBuffers(conn *tls.Conn) {
	raw, hand := field[bytes.Buffer](conn, "rawInput"), field[bytes.Buffer](conn, "hand")
	input := field[bytes.Reader](conn, "input") // octets of rawInput's array
	if raw == nil || hand == nil || input == nil || raw.Len() > 0 || hand.Len() > 0 || input.Len() > 0 {
		return
	}
	*raw, *hand, *input = bytes.Buffer{}, bytes.Buffer{}, bytes.Reader{}
}

// field returns a field of conn that is not exported, or nil.
func field[T any](conn *tls.Conn, name string) *T {
	f := reflect.ValueOf(conn).Elem().FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[T]() {
		return nil
	}
	return (*T)(unsafe.Pointer(f.UnsafeAddr()))
}
