package access

import (
	"crypto/tls"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestClientAt(t *testing.T) {
	for _, test := range []struct{ addr, want, network string }{
		{"10.0.0.1", "10.0.0.1", ""},
		{"::ffff:10.0.0.1", "10.0.0.1", ""},
		{"fd00:1::aaaa", "fd00:1::aaaa", "fd00:1::/64"},
		{"fe80::1%eth0", "fe80::1", "fe80::/64"},
		{"2001:db8:0:1:2::3", "2001:db8:0:1:2::3", "2001:db8:0:1::/64"},
	} {
		c := at(test.addr)
		network, ok := c.Network()
		if c.String() != test.want || ok != (test.network != "") || ok && network.String() != test.network {
			t.Errorf("%s is %s in %s (%v), want %s in %q", test.addr, c, network, ok, test.want, test.network)
		}
		if c != at(test.want) {
			t.Errorf("%s and %s are two clients", test.addr, test.want)
		}
	}
	if c := ClientAt(netip.Addr{}); c != (Client{}) || !c.Local() {
		t.Errorf("no address is %s", c)
	}
	if LocalUser(1000) == LocalUser(1001) || LocalUser(7).String() != "uid 7" || !LocalUser(7).Local() {
		t.Error("local users are not told apart by uid")
	}
}

// ClientOf finds the client of a connection, also through TLS, and the user of a local one.
func TestClientOf(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		addr, want := "127.0.0.1:0", at("127.0.0.1")
		if network == "unix" {
			addr, want = filepath.Join(t.TempDir(), "s"), LocalUser(uint32(os.Getuid()))
			if runtime.GOOS != "linux" {
				want = Client{}
			}
		}
		l, err := net.Listen(network, addr)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		dialed, err := net.Dial(network, l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer dialed.Close()
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := ClientOf(conn); got != want {
			t.Errorf("over %s it is %s, want %s", network, got, want)
		}
		if got := ClientOf(tls.Server(conn, &tls.Config{})); got != want {
			t.Errorf("over TLS over %s it is %s, want %s", network, got, want)
		}
	}
}
