package wire

import (
	"crypto/tls"
	"net"
	"time"
)

const (
	// lingerTime is how long HangUp waits for the peer to close its side.
	lingerTime = 500 * time.Millisecond
	// lingerOctets is how much it reads in that time.
	lingerOctets = 64 << 10
)

// HangUp closes conn so that the peer receives what was sent last. If a TCP connection is closed
// while octets wait to be read, it is reset, and the reset may overtake the reply that was sent
// before (RFC 1122 §4.2.2.13). Therefore HangUp first ends the sending direction, and then reads
// and drops what still arrives, for half a second and 64 KiB at most.
func HangUp(conn net.Conn) { HangUpWithin(conn, lingerTime) }

// HangUpWithin is HangUp that waits so long for the peer.
func HangUpWithin(conn net.Conn, patience time.Duration) {
	defer conn.Close()
	if secure, ok := conn.(*tls.Conn); ok {
		secure.SetWriteDeadline(time.Now().Add(patience))
		secure.CloseWrite() // the calls below fail after an error
		conn = secure.NetConn()
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || conn.SetReadDeadline(time.Now().Add(patience)) != nil {
		return
	}
	sink := make([]byte, smallSize)
	for taken := 0; taken < lingerOctets; {
		n, err := conn.Read(sink)
		if err != nil {
			return
		}
		taken += n
	}
}

// QuickAck makes the kernel acknowledge now what was received on conn. It is called before a read
// that waits for the rest of a line, of a chunk or of content.
//
// A client that writes such a thing in two pieces, and has not set TCP_NODELAY, sends the second
// piece when the first one is acknowledged (RFC 896). The kernel delays the acknowledgment by
// 40 ms, to send it with a reply (RFC 1122 §4.2.3.2), but there is no reply to half a command. The
// effect ends with the next reply, so that the call is made for each wait of that kind, and for no
// other.
//
// If conn is neither TCP nor TLS over TCP, QuickAck does nothing. If call is not nil, it is called
// with the socket in place of setsockopt(2): tests count the calls.
func QuickAck(conn net.Conn, call func(socket int) error) {
	tcp, ok := conn.(*net.TCPConn)
	for !ok {
		over, is := conn.(interface{ NetConn() net.Conn }) // TLS
		if !is {
			return
		}
		conn = over.NetConn()
		tcp, ok = conn.(*net.TCPConn)
	}
	if call == nil {
		call = setQuickAck
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return // the read that follows returns the error
	}
	raw.Control(func(socket uintptr) { call(int(socket)) }) // after an error it takes 40 ms longer
}
