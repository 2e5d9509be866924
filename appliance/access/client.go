package access

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"

	"pillarbox/appliance/names"
)

// A Client is what limits are counted for: an IPv4 address, a whole IPv6 address (/128, whatever
// its scope), or a local user for a connection over a Unix-domain socket. It is comparable and
// holds no pointer, so that a map of clients is one block of memory; 17 octets. The zero Client is
// a connection that has neither an address nor a user, such as one end of a pipe.
//
// A machine can take as many addresses of an IPv6 network as it likes, so the limits of an IPv6
// client are also counted, with wider bounds, for its network: see Network.
type Client struct {
	octets [16]byte // an IPv4 address or user id is in the first four, the rest is zero
	kind   kind
}

// A kind is what a Client stands for.
type kind uint8

const (
	unknownKind kind = iota
	ipv4Kind
	ipv6Kind
	networkKind // the first 64 bits of an IPv6 address
	userKind    // a user id of this machine
)

// ClientAt returns the client at an address. The zone is dropped, and IPv4 in IPv6 is IPv4; the
// zero Addr is the zero Client.
func ClientAt(addr netip.Addr) (c Client) {
	switch addr = addr.Unmap(); {
	case addr.Is4():
		four := addr.As4()
		copy(c.octets[:], four[:])
		c.kind = ipv4Kind
	case addr.Is6():
		c.octets, c.kind = addr.As16(), ipv6Kind
	}
	return c
}

// LocalUser returns the client that is a user of this machine.
func LocalUser(uid uint32) (c Client) {
	binary.BigEndian.PutUint32(c.octets[:], uid)
	c.kind = userKind
	return c
}

// ClientOf returns the client at the other end of a connection, also of a *tls.Conn. Of a
// Unix-domain socket it is the user that connected (SO_PEERCRED).
func ClientOf(conn net.Conn) Client {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = wrapped.NetConn()
	}
	if local, ok := conn.(*net.UnixConn); ok {
		if uid, ok := userOf(local); ok {
			return LocalUser(uid)
		}
		return Client{}
	}
	return ClientAt(AddrOf(conn))
}

// AddrOf returns the address that a connection comes from; the zero Addr if it has none.
func AddrOf(conn net.Conn) netip.Addr { return names.AddrOf(conn.RemoteAddr()) }

// Network returns the /64 of an IPv6 client; ok is false for every other client.
func (c Client) Network() (network Client, ok bool) {
	if c.kind != ipv6Kind {
		return Client{}, false
	}
	copy(network.octets[:8], c.octets[:8])
	network.kind = networkKind
	return network, true
}

// Local reports whether c has no address: it is a user of this machine, or not known.
func (c Client) Local() bool { return c.kind == userKind || c.kind == unknownKind }

// Root reports whether c is root on this machine, over a Unix-domain socket.
func (c Client) Root() bool { return c == LocalUser(0) }

// String returns the address, "uid N" for a local user, and "unknown" for the zero Client.
func (c Client) String() string {
	switch c.kind {
	case ipv4Kind:
		return netip.AddrFrom4([4]byte(c.octets[:4])).String()
	case ipv6Kind:
		return netip.AddrFrom16(c.octets).String()
	case networkKind:
		return netip.PrefixFrom(netip.AddrFrom16(c.octets), 64).String()
	case userKind:
		return "uid " + strconv.FormatUint(uint64(binary.BigEndian.Uint32(c.octets[:])), 10)
	}
	return "unknown"
}
