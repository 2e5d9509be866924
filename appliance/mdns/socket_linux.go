package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

const multicastAll = 49 // IP_MULTICAST_ALL of ip(7)

// openPort opens the socket of a family and joins its group on each link.
func openPort(ctx context.Context, wide bool, links []*link) (*port, error) {
	network, set := "udp4", options4
	if wide {
		network, set = "udp6", options6
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		if closed := raw.Control(func(fd uintptr) { err = set(int(fd)) }); closed != nil {
			return closed
		}
		return err
	}}
	opened, err := config.ListenPacket(ctx, network, fmt.Sprintf(":%d", portNumber))
	if err != nil {
		return nil, err
	}
	p := newPort(opened.(*net.UDPConn), wide)
	p.join(links)
	return p, nil
}

type option struct{ level, name, value int }

func options4(fd int) error {
	return setOptions(fd, []option{
		{syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1},
		{syscall.IPPROTO_IP, syscall.IP_PKTINFO, 1},
		{syscall.IPPROTO_IP, syscall.IP_TTL, 255},
		{syscall.IPPROTO_IP, syscall.IP_MULTICAST_TTL, 255},
		{syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, 1},
		{syscall.IPPROTO_IP, multicastAll, 0},
	})
}

func options6(fd int) error {
	return setOptions(fd, []option{
		{syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1},
		{syscall.IPPROTO_IPV6, syscall.IPV6_RECVPKTINFO, 1},
		{syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS, 255},
		{syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_HOPS, 255},
		{syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_LOOP, 1},
	})
}

func setOptions(fd int, all []option) error {
	for _, o := range all {
		if err := syscall.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}

// join joins the group on each link; one that was joined before stays so.
func (p *port) join(links []*link) {
	raw, err := p.conn.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		for _, l := range links {
			if p.wide {
				syscall.SetsockoptIPv6Mreq(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_JOIN_GROUP,
					&syscall.IPv6Mreq{Multiaddr: p.group.Addr().As16(), Interface: uint32(l.index)})
			} else {
				syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP,
					&syscall.IPMreqn{Multiaddr: p.group.Addr().As4(), Ifindex: int32(l.index)})
			}
		}
	})
	p.zones = p.zones[:0]
	for _, l := range links {
		p.zones = append(p.zones, netip.IPv6LinkLocalAllNodes().WithZone(l.name))
	}
}

// filter has the kernel drop the responses of others, so that a busy network does not wake the
// server: all but those whose first name begins as ours does. label is in lower case.
func (p *port) filter(label string) error {
	const (
		flags = 8 + 2          // octets of the header of UDP and of the id before
		name  = 8 + headerSize // the first name
		drop  = 0
		pass  = 1 << 16
	)
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: 0x80, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: pass}, // a query
	}
	want := append([]byte{byte(len(label))}, label[:min(len(label), 3)]...)
	for i, c := range want {
		fold := uint32(0)
		if i > 0 {
			fold = 0x20 // digits and hyphens have this bit, too
		}
		rest := uint8(3*(len(want)-i-1) + 1)
		program = append(program,
			unix.SockFilter{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: uint32(name + i)},
			unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_OR | unix.BPF_K, K: fold},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(c), Jf: rest},
		)
	}
	program = append(program,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: pass},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: drop},
	)
	return p.onSocket(func(fd int) error {
		whole := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &whole)
	})
}

// unfilter lets everything pass, while names are probed for.
func (p *port) unfilter() {
	p.onSocket(func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0) })
}

func (p *port) onSocket(do func(fd int) error) (err error) {
	raw, err := p.conn.SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(raw.Control(func(fd uintptr) { err = do(int(fd)) }), err)
}
