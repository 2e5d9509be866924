package mdns

import "golang.org/x/sys/unix"

// changes reports whether interfaces or addresses have changed, so that they are listed only then:
// the list costs 30 KiB of memory each time.
type changes struct {
	socket int // -1: it could not be opened, and whatever is asked has changed
	buf    [512]byte
}

// watchChanges subscribes to the changes of the kernel (rtnetlink(7)).
func watchChanges() *changes {
	c := &changes{socket: -1}
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return c
	}
	const groups = 1<<(unix.RTNLGRP_LINK-1) | 1<<(unix.RTNLGRP_IPV4_IFADDR-1) | 1<<(unix.RTNLGRP_IPV6_IFADDR-1)
	if err := unix.Bind(socket, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(socket)
		return c
	}
	c.socket = socket
	return c
}

// any reports whether something has changed since the last call. It drops what the kernel says, but
// for that it has said something; too much of it is an error, and a change as well.
func (c *changes) any() (changed bool) {
	if c.socket < 0 {
		return true
	}
	for {
		_, _, err := unix.Recvfrom(c.socket, c.buf[:], 0)
		switch err {
		case unix.EAGAIN:
			return changed
		case nil, unix.EINTR, unix.ENOBUFS:
			changed = true
		default:
			return true
		}
	}
}

func (c *changes) close() {
	if c.socket >= 0 {
		unix.Close(c.socket)
	}
}
