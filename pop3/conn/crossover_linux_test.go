package conn

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCrossover sends a message of each size repeatedly, through the buffer and by the kernel:
// from SendfileMin on, the second should cost less. The client discards the octets in the kernel.
func BenchmarkCrossover(b *testing.B) {
	for _, kib := range []int64{4, 8, 16, 24, 32, 48, 64, 128, 256} {
		file := fileOf(b, kib<<10)
		extent := Extent{file, 0, kib << 10}
		b.Run(fmt.Sprintf("%dKiB/copy", kib), func(b *testing.B) {
			sendAgain(b, extent.Length, func(c *Conn) error {
				_, err := c.copyBy(file, 0, extent.Length, c.TryFlush)
				return errors.Join(err, c.TryFlush())
			})
		})
		b.Run(fmt.Sprintf("%dKiB/sendfile", kib), func(b *testing.B) {
			sendAgain(b, extent.Length, func(c *Conn) error {
				_, err := c.sendExtent(extent, 0)
				return err
			})
		})
	}
}

// sendAgain sends a line and then octets over loopback TCP, repeatedly.
func sendAgain(b *testing.B, octets int64, send func(*Conn) error) {
	near, far := tcpPair(b)
	c := new(Conn)
	c.Init(new(Pool), near, time.Minute)
	c.parks = false
	swallowed := make(chan struct{})
	go func() {
		defer close(swallowed)
		swallow(far)
	}()
	b.SetBytes(octets)
	for b.Loop() {
		c.Say("+OK message follows")
		if err := send(c); err != nil {
			b.Fatal(err)
		}
	}
	near.Close()
	<-swallowed
}

func fileOf(b *testing.B, size int64) *os.File {
	b.Helper()
	name := filepath.Join(b.TempDir(), "mail")
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), int(size)), 0o600); err != nil {
		b.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	return file
}

func tcpPair(b *testing.B) (near, far *net.TCPConn) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { dialled.Close(); accepted.Close() })
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}

// swallow reads what arrives, without a copy (tcp(7): MSG_TRUNC).
func swallow(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	memory := make([]byte, 1<<20)
	raw.Read(func(fd uintptr) bool {
		for {
			n, _, err := syscall.Recvfrom(int(fd), memory, syscall.MSG_TRUNC)
			if err == syscall.EAGAIN {
				return false
			}
			if n <= 0 {
				return true
			}
		}
	})
}
