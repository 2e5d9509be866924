package appliance

import (
	"net"
	"net/netip"
)

// A peer is who limits and delays are counted for: an IPv4 address, or the /64 of an IPv6 one, for a
// machine has as many addresses in it as it likes. The zero peer is this machine, over a socket that has no address.
type peer = netip.Prefix

func peerOf(addr netip.Addr) peer {
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits) // of the zero Addr there is none
	return prefix
}

// addrOf returns the address that a connection comes from; the zero Addr for a local socket.
func addrOf(conn net.Conn) netip.Addr {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
