package ktls

import (
	"crypto/tls"
	"reflect"
	"unsafe"
)

// Release releases what crypto/tls keeps of a connection of Kernel.Server and does not need after
// the handshake: the configuration with the writer of the key log (480 octets), in whose place it
// gets that of the Kernel; and after Switch the cipher of what it sends (AES-128-GCM: 928 octets).
// It may be called again, at any time after Established while no other goroutine uses conn.
//
// Without a cipher crypto/tls makes records in the clear. They end in Write, and K1 keeps them from
// the socket, as it does with those that are encrypted: after Switch, Write passes nothing on.
// Before, the cipher is left alone.
//
// crypto/tls has no function for it. A field that is missing, or has another type than in Go 1.26,
// is left alone; TestRelease fails then.
func (t *Tap) Release(conn *tls.Conn) {
	if !t.started || conn.NetConn() != t {
		return
	}
	if config := configOf(conn); config != nil {
		*config = t.kernel.config
	}
	if sender := senderOf(conn); sender != nil && t.Switched() {
		*sender = nil
	}
}

// configOf returns where conn has its configuration, or nil.
func configOf(conn *tls.Conn) **tls.Config {
	return place[*tls.Config](reflect.ValueOf(conn).Elem().FieldByName("config"))
}

// senderOf returns where conn has the cipher of what it sends, or nil.
func senderOf(conn *tls.Conn) *any {
	out := reflect.ValueOf(conn).Elem().FieldByName("out")
	if out.Kind() != reflect.Struct {
		return nil
	}
	return place[any](out.FieldByName("cipher"))
}

// place returns where a field that is not exported is, or nil if it has another type.
func place[T any](field reflect.Value) *T {
	if !field.IsValid() || field.Type() != reflect.TypeFor[T]() {
		return nil
	}
	return (*T)(unsafe.Pointer(field.UnsafeAddr()))
}
