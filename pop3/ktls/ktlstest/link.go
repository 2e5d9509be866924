//go:build linux

package ktlstest

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A Kernel is a ktls.Socket for connections of its links. Its fields are set before the first.
type Kernel struct {
	// Fixed makes it refuse a second key, as Linux before 6.14.
	Fixed bool
	// Refuses makes Enable fail, as a kernel without the module.
	Refuses bool

	mu    sync.Mutex
	links map[string]*link // by the address that the server sees
	keys  int
}

// Installed returns how many keys were installed.
func (k *Kernel) Installed() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys
}

// Enable implements ktls.Socket.
func (k *Kernel) Enable(*net.TCPConn) error {
	if k.Refuses {
		return syscall.ENOENT
	}
	return nil
}

// Install implements ktls.Socket.
func (k *Kernel) Install(conn *net.TCPConn, info []byte) error {
	l := k.of(conn)
	sealer, err := NewSealer(info)
	if err != nil {
		return err
	}
	if l.has() && k.Fixed {
		return syscall.EBUSY
	}
	k.mu.Lock()
	k.keys++
	k.mu.Unlock()
	return l.add(conn, event{sealer: sealer})
}

// Control implements ktls.Socket.
func (k *Kernel) Control(conn *net.TCPConn, record byte, content []byte) error {
	if _, err := conn.Write(nil); err != nil { // as a deadline that has passed
		return err
	}
	return k.of(conn).add(conn, event{record: record, content: content})
}

func (k *Kernel) of(conn *net.TCPConn) *link {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.links[conn.RemoteAddr().String()]
}

// linkBuffer is the size of the buffers of a link.
const linkBuffer = 256 << 10

// Link returns the ends of a new link, and ends it with the test.
func (k *Kernel) Link(t testing.TB) (client, server *net.TCPConn) {
	t.Helper()
	client, outer := pair(t)
	inner, server := pair(t)
	// Small buffers, so that a client that does not read stops the server.
	inner.SetReadBuffer(linkBuffer)
	outer.SetWriteBuffer(linkBuffer)
	l := &link{out: outer}
	k.mu.Lock()
	if k.links == nil {
		k.links = make(map[string]*link)
	}
	k.links[inner.LocalAddr().String()] = l
	k.mu.Unlock()
	var passing sync.WaitGroup
	passing.Go(func() { pass(inner, outer) })
	passing.Go(func() { l.encrypt(inner) })
	t.Cleanup(func() {
		for _, conn := range []*net.TCPConn{client, outer, inner, server} {
			conn.Close()
		}
		passing.Wait()
	})
	return client, server
}

// A link is the kernel's side of one connection.
type link struct {
	mu     sync.Mutex
	out    *net.TCPConn
	sealer *Sealer
	passed int64 // octets of the server that were sent on
	events []event
	keyed  bool
}

// An event happens behind an octet that the server has written: new keys, or a control record.
type event struct {
	at      int64
	sealer  *Sealer
	record  byte
	content []byte
}

func (l *link) has() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keyed
}

// add notes an event behind what the server has written so far.
func (l *link) add(conn *net.TCPConn, e event) error {
	at, err := written(conn)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.at = at
	l.events = append(l.events, e)
	l.keyed = l.keyed || e.sealer != nil
	l.due()
	return nil
}

// due executes the events behind what was sent on.
func (l *link) due() {
	for len(l.events) > 0 && l.events[0].at == l.passed {
		e := l.events[0]
		l.events = l.events[1:]
		if e.sealer != nil {
			l.sealer = e.sealer
			continue
		}
		l.out.Write(l.sealer.Seal(nil, e.record, e.content))
	}
}

// encrypt sends on what the server writes.
func (l *link) encrypt(in *net.TCPConn) {
	defer l.out.CloseWrite()
	b := make([]byte, recordMax)
	for {
		n, err := in.Read(b)
		if l.send(b[:n]) != nil || err != nil {
			return
		}
	}
}

func (l *link) send(b []byte) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(b) > 0 && err == nil {
		n := len(b)
		if len(l.events) > 0 {
			n = int(min(int64(n), l.events[0].at-l.passed))
		}
		piece := b[:n]
		if l.sealer != nil {
			piece = l.sealer.Seal(nil, Application, piece)
		}
		_, err = l.out.Write(piece)
		b, l.passed = b[n:], l.passed+int64(n)
		l.due()
	}
	return err
}

// pass sends on what the client writes.
func pass(to, from *net.TCPConn) {
	defer to.CloseWrite()
	to.ReadFrom(from)
}

// written returns how many octets were written to a connection.
func written(conn *net.TCPConn) (n int64, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO); err == nil {
			n = int64(info.Bytes_sent-info.Bytes_retrans) + int64(info.Notsent_bytes)
		}
	})
	return n, errors.Join(failed, err)
}

// pair returns both ends of a connection over loopback.
func pair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}
