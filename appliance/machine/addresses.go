package machine

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// OuterAddresses returns the addresses of the interfaces that an engine has not made for the
// container. A container with the network of the machine, or with an interface of its own there
// (macvlan, ipvlan), has such ones.
func OuterAddresses() []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	return outer(interfaces, driverOf, (*net.Interface).Addrs)
}

func outer(interfaces []net.Interface, driver func(string) string, addrsOf func(*net.Interface) ([]net.Addr, error)) (found []netip.Addr) {
	for i := range interfaces {
		switch driver(interfaces[i].Name) {
		case "veth", "tun", "": // "tun" of an engine without privileges; "" is the loopback, or not known
			continue
		}
		addrs, err := addrsOf(&interfaces[i])
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				found = append(found, prefix.Addr())
			}
		}
	}
	return found
}

// SharedAddresses returns the addresses from which the engine of this container forwards
// connections of any client: those of its bridges, where a process of the engine or its address
// translation connects from, and the container's own, where one without privileges does.
func SharedAddresses() []netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	return shared("/", addrs)
}

// shared returns the addresses for a machine with its /proc below root. A bridge is a gateway, or
// has the first address of its network, if there are several of them.
func shared(root string, addrs []net.Addr) (list []netip.Addr) {
	add := func(addr netip.Addr) {
		if addr.IsValid() && !addr.IsUnspecified() && !slices.Contains(list, addr) {
			list = append(list, addr)
		}
	}
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().IsLinkLocalUnicast() {
			continue
		}
		add(prefix.Addr())
		if !prefix.Addr().IsLoopback() && prefix.Bits() < prefix.Addr().BitLen() {
			add(prefix.Masked().Addr().Next())
		}
	}
	for _, fields := range table(filepath.Join(root, "proc/net/route")) {
		if len(fields) > 2 && fields[1] == "00000000" { // destination, then gateway
			add(hexAddr(fields[2], 4))
		}
	}
	for _, fields := range table(filepath.Join(root, "proc/net/ipv6_route")) {
		// The fifth field is the gateway.
		if len(fields) > 4 && fields[0] == strings.Repeat("0", 32) && fields[1] == "00" {
			add(hexAddr(fields[4], 16))
		}
	}
	return list
}

// table returns the words of each line of a file of the kernel.
func table(path string) (rows [][]string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Fields(line))
	}
	return rows
}

// hexAddr reads an address as the kernel writes it into a table of routes: IPv4 as one number of
// the machine, IPv6 octet by octet.
func hexAddr(text string, octets int) netip.Addr {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != octets {
		return netip.Addr{}
	}
	if octets == 16 {
		return netip.AddrFrom16([16]byte(raw))
	}
	var four [4]byte
	binary.NativeEndian.PutUint32(four[:], binary.BigEndian.Uint32(raw))
	return netip.AddrFrom4(four)
}
