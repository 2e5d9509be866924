package machine

import (
	"net"
	"net/netip"
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
