package wire

import "net"

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
