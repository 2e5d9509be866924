package wire

import (
	"crypto/tls"
	"net"
	"time"
)

const (
	// lingerTime is how long HangUp waits for the peer to hang up, too.
	lingerTime = 500 * time.Millisecond
	// lingerOctets is how much it takes in that time.
	lingerOctets = 64 << 10
)

// HangUp closes conn in a way that lets the peer hear what was said last. A TCP connection that is closed while octets wait
// to be read is reset, and the reset may overtake the reply that said why (RFC 1122 §4.2.2.13). So the end of what
// is said goes out first, and what still comes in is thrown away, for half a second and 64 KiB at most.
func HangUp(conn net.Conn) {
	defer conn.Close()
	if secure, ok := conn.(*tls.Conn); ok {
		secure.SetWriteDeadline(time.Now().Add(lingerTime))
		secure.CloseWrite() // an error shows below
		conn = secure.NetConn()
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
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
