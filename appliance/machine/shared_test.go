package machine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// TestSharedAddresses: the gateways of a container, and its own addresses. The address after one
// with a network to itself, as in a pod of Kubernetes, is that of another container.
func TestSharedAddresses(t *testing.T) {
	gateway := [4]byte{172, 18, 0, 254}
	route := fmt.Sprintf("Iface\tDestination\tGateway \tFlags\nlo\tbroken\neth0\t00000000\t%08X\t0003\t0\t0\t0\t00000000\n"+
		"eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\n", binary.NativeEndian.Uint32(gateway[:]))
	const route6 = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n" +
		"fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
	root := t.TempDir()
	dir := filepath.Join(root, "proc/net")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "route"), []byte(route), 0o600),
		os.WriteFile(filepath.Join(dir, "ipv6_route"), []byte(route6), 0o600)); err != nil {
		t.Fatal(err)
	}
	var addrs []net.Addr
	for _, text := range []string{"127.0.0.1/8", "172.18.0.2/16", "10.89.1.7/24", "10.244.1.5/32", "fe80::2/64"} {
		ip, network, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, &net.IPNet{IP: ip, Mask: network.Mask})
	}
	got, want := fmt.Sprint(shared(root, addrs)), "[127.0.0.1 172.18.0.2 172.18.0.1 10.89.1.7 10.89.1.1 10.244.1.5 172.18.0.254 fd00::1]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := shared(t.TempDir(), nil); got != nil {
		t.Errorf("without a network: %v", got)
	}
	for _, broken := range []string{"", "zz", "0100", "010000000"} {
		if addr := hexAddr(broken, 4); addr != (netip.Addr{}) {
			t.Errorf("%q is %v", broken, addr)
		}
	}
}
