package wire_test

import (
	"net"
	"syscall"
	"testing"

	"pillarbox/pop3/wire"
)

// QuickAck turns the delay off that the kernel has turned on, and counts for TCP only.
func TestQuickAck(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	set := func(value int) {
		t.Helper()
		raw.Control(func(socket uintptr) {
			err = syscall.SetsockoptInt(int(socket), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, value)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(want int) {
		t.Helper()
		var got int
		raw.Control(func(socket uintptr) {
			got, err = syscall.GetsockoptInt(int(socket), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK)
		})
		if got != want || err != nil {
			t.Errorf("TCP_QUICKACK is %d (%v), want %d", got, err, want)
		}
	}
	set(0)
	is(0)
	wire.QuickAck(conn, nil)
	is(1)
	set(0)
	calls := 0
	wire.QuickAck(conn, func(int) error { calls++; return nil })
	is(0)
	near, far := net.Pipe()
	defer near.Close()
	wire.QuickAck(far, func(int) error { calls++; return nil })
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}
