package listen

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// TryBind binds a TCP address without listening at it, so that no client can connect.
func TryBind(address string) error {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	switch host {
	case "":
		host = "::"
	case "localhost":
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return err
	}
	family, at := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: port, Addr: addr.As16()})
	if addr.Is4() {
		family, at = syscall.AF_INET, &syscall.SockaddrInet4{Port: port, Addr: addr.As4()}
	}
	socket, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if errors.Is(err, syscall.EAFNOSUPPORT) && host == "::" {
		return TryBind(net.JoinHostPort("0.0.0.0", text))
	}
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if host == "::" { // both families, as net.Listen does; if that fails, IPv6 alone is examined
		syscall.SetsockoptInt(socket, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 0)
	}
	return syscall.Bind(socket, at)
}
