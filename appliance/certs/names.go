package certs

import (
	"net"
	"net/netip"
	"slices"
	"sort"
	"strings"
)

// NamesOf returns what a certificate of this host is for: its name, the short form of it, the short form in .local
// (multicast DNS), and the private addresses among addrs.
func NamesOf(hostname string, addrs []netip.Addr) Names {
	short, _, _ := strings.Cut(hostname, ".")
	names := Names{DNS: []string{hostname}}
	for _, name := range []string{short, short + ".local"} {
		if !slices.Contains(names.DNS, name) {
			names.DNS = append(names.DNS, name)
		}
	}
	for _, addr := range addrs {
		if addr = addr.Unmap().WithZone(""); addr.IsPrivate() && !slices.Contains(names.Addrs, addr) {
			names.Addrs = append(names.Addrs, addr)
		}
	}
	sort.Slice(names.Addrs, func(i, j int) bool { return names.Addrs[i].Less(names.Addrs[j]) })
	return names
}

// Addresses returns the addresses of this machine's interfaces; none when the kernel does not tell.
func Addresses() []netip.Addr {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var addrs []netip.Addr
	for _, a := range list {
		if network, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(network.IP); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	return addrs
}
