package machine

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// TestOuterAddresses: what the engine has given to a container is no address of the server.
func TestOuterAddresses(t *testing.T) {
	for _, tt := range []struct{ name, interfaces, want string }{
		{"Docker's bridge", "lo::127.0.0.1/8 eth0:veth:172.18.0.2/16", ""},
		{"podman without root", "lo::127.0.0.1/8 tap0:tun:10.0.2.100/24", ""},
		{"the network of the machine", "lo::127.0.0.1/8 eth0:r8169:192.168.1.2/24 docker0:bridge:172.17.0.1/16 veth7:veth:169.254.1.1/16",
			"192.168.1.2 172.17.0.1"},
		{"macvlan", "lo::127.0.0.1/8 eth0:macvlan:192.168.1.9/24", "192.168.1.9"},
		{"IPv6 beside", "eth0:macvlan:fd00::9/64", "fd00::9"},
	} {
		var interfaces []net.Interface
		drivers, addrs := map[string]string{}, map[string]string{}
		for i, one := range strings.Fields(tt.interfaces) {
			parts := strings.SplitN(one, ":", 3)
			interfaces = append(interfaces, net.Interface{Index: i, Name: parts[0]})
			drivers[parts[0]], addrs[parts[0]] = parts[1], parts[2]
		}
		got := outer(interfaces, func(name string) string { return drivers[name] }, func(i *net.Interface) ([]net.Addr, error) {
			ip, network, err := net.ParseCIDR(addrs[i.Name])
			return []net.Addr{&net.IPNet{IP: ip, Mask: network.Mask}}, err
		})
		var want []netip.Addr
		for _, addr := range strings.Fields(tt.want) {
			want = append(want, netip.MustParseAddr(addr))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", tt.name, got, want)
		}
	}
}
