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
