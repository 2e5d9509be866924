package conn

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"
)

// SmallBuffers returns the ends of a loopback connection, with small buffers.
func SmallBuffers(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	client, server = near.(*net.TCPConn), far.(*net.TCPConn)
	client.SetReadBuffer(64 << 10)
	server.SetWriteBuffer(64 << 10)
	return client, server
}

// fill writes until the socket has no room, because its other end reads nothing. A write that ends
// at its deadline says nothing about room: on a busy machine it may not have been tried.
func fill(t *testing.T, socket *net.TCPConn) {
	t.Helper()
	raw, err := socket.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	full := func(fd uintptr) bool {
		for err == nil {
			_, err = syscall.Write(int(fd), make([]byte, BufferSize))
		}
		return true
	}
	if failed := raw.Write(full); failed != nil || err != syscall.EAGAIN {
		t.Fatal(failed, err)
	}
}

// TestParkedTwice: a connection whose client takes replies slowly holds no buffer when it waits for
// room in its socket again, and only what the socket has not accepted.
func TestParkedTwice(t *testing.T) {
	t.Parallel()
	_, far := SmallBuffers(t)
	var c Conn
	c.Init(&Pool{ParkAfter: time.Millisecond}, far, time.Minute)
	fill(t, far)
	c.Write(make([]byte, BufferSize))
	err := c.TryFlush()
	for park := range 2 {
		if err != ErrWouldBlock {
			t.Fatal(err)
		}
		if c.out.buf != nil || len(c.out.left) == 0 {
			t.Errorf("parked %d times: a buffer is held: %v; %d octets are left", park+1, c.out.buf != nil, len(c.out.left))
		}
		c.Left() // as a session does before it waits for a line
		_, err = c.TryReadLine(context.Background(), LineSize, "")
	}
}
