package pop3

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCrossover sends one mail of a size again and again, through the buffer and by the kernel: sendfileMin is to lie where the
// second begins to cost less. The client throws the octets away where they are.
func BenchmarkCrossover(b *testing.B) {
	for _, kib := range []int64{4, 8, 16, 24, 32, 48, 64, 128, 256} {
		file := fileOf(b, kib<<10)
		extent := Extent{file, 0, kib << 10}
		b.Run(fmt.Sprintf("%dKiB/copy", kib), func(b *testing.B) {
			sendAgain(b, extent.Length, func(d *dialogue) error {
				_, err := d.copyBy(file, 0, extent.Length, d.drain)
				return errors.Join(err, d.drain())
			})
		})
		b.Run(fmt.Sprintf("%dKiB/sendfile", kib), func(b *testing.B) {
			sendAgain(b, extent.Length, func(d *dialogue) error {
				_, err := d.sendExtent(extent, 0)
				return err
			})
		})
	}
}

// sendAgain says a reply of so many octets over loopback TCP, the first line beside them.
func sendAgain(b *testing.B, octets int64, send func(*dialogue) error) {
	near, far := tcpPair(b)
	d := &dialogue{pool: new(sync.Pool), idle: time.Minute, conn: near, tcp: near}
	swallowed := make(chan struct{})
	go func() {
		defer close(swallowed)
		swallow(far)
	}()
	b.SetBytes(octets)
	for b.Loop() {
		d.say("+OK message follows")
		if err := send(d); err != nil {
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

// swallow takes what comes, without a copy (tcp(7): MSG_TRUNC).
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
