package flash_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"pillarbox/spool/flash"
)

// TestRecycledSlotLeavesSentBytesAlone is the reason for direct writes. A client has asked for a
// mail, its bytes wait in the kernel, the connection is closed and the slot gets its next
// life before he reads the first byte: he must receive the mail that he asked for.
func TestRecycledSlotLeavesSentBytesAlone(t *testing.T) {
	vol := openRecycling(t, t.TempDir())
	const size = 1 << 20
	f, err := vol.Create("00000", size)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	old, young := pattern(size, 1), pattern(size, 2)
	write(t, f, old, 0)

	server, client := connect(t)
	sent := queue(t, server, f.Handle(), size)
	if sent < 64<<10 {
		t.Fatalf("only %d bytes wait in the kernel: nothing is tried", sent)
	}
	server.Close()
	// Small pieces in an odd order first, as commits write them, then the rest.
	for _, at := range []int{9 * flash.Page, 0, 3 * flash.Page} {
		write(t, f, young[at:at+flash.Page], int64(at))
	}
	write(t, f, young, 0)

	got, err := io.ReadAll(client)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != sent {
		t.Errorf("%d bytes were received, %d were sent", len(got), sent)
	}
	if i := differ(got, old); i >= 0 {
		t.Fatalf("byte %d of %d is not what was sent: it is what was written there afterwards: %t",
			i, len(got), got[i] == young[i])
	}
	after := make([]byte, size)
	if _, err := f.ReadAt(after, 0); err != nil || !bytes.Equal(after, young) {
		t.Errorf("the slot does not hold what was written last: %v", err)
	}
}

// openRecycling opens a volume that recycles, or skips, but never on the machine that
// decides about a release.
func openRecycling(t *testing.T, dir string) *flash.Dir {
	t.Helper()
	vol, err := flash.Open(dir, flash.Options{Mode: flash.Recycle})
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("direct writes must work where CI runs: %v", err)
	}
	if err != nil {
		t.Skipf("set TMPDIR to a folder on ext4, XFS or F2FS: %v", err)
	}
	t.Cleanup(func() { vol.Close() })
	return vol
}

// connect returns the two ends of a TCP connection over loopback with small buffers, so
// that few bytes reach the receiver and the rest waits as pages.
func connect(t *testing.T) (server, client *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	small := func(_, _ string, raw syscall.RawConn) error {
		var err error
		raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		})
		return err
	}
	dialer := net.Dialer{Control: small, Timeout: 10 * time.Second}
	c, err := dialer.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return s, c.(*net.TCPConn)
}

// queue sends from the beginning of f until the socket takes no more, and returns how much
// it took: those bytes wait in the kernel, because the client does not read.
func queue(t *testing.T, conn *net.TCPConn, f *os.File, size int) int {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	offset := int64(0)
	raw.Write(func(fd uintptr) bool {
		for offset < int64(size) {
			var n int
			n, err = syscall.Sendfile(int(fd), int(f.Fd()), &offset, size-int(offset))
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if err != nil || n == 0 {
				break
			}
		}
		return true
	})
	if err != nil && !errors.Is(err, syscall.EAGAIN) {
		t.Fatal(err)
	}
	return int(offset)
}

// pattern returns size bytes, different at every page and for every seed.
func pattern(size int, seed byte) []byte {
	p := flash.Aligned(size)
	for i := range p {
		p[i] = byte(i) ^ byte(i>>8)*31 ^ byte(i>>12)*7 + seed*101
	}
	return p
}

// write writes p and makes it durable.
func write(t *testing.T, f flash.File, p []byte, off int64) {
	t.Helper()
	if n, err := f.WriteAt(p, off); n != len(p) || err != nil {
		t.Fatalf("WriteAt(%d bytes, %d) = %d, %v", len(p), off, n, err)
	}
	if err := f.Sync(); err != nil {
		t.Fatalf("Sync: %v", err)
	}
}

// differ returns the first index at which got is not the beginning of want, or -1.
func differ(got, want []byte) int {
	for i := range got {
		if got[i] != want[i] {
			return i
		}
	}
	return -1
}
