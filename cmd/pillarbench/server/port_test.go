package server

import (
	"net"
	"strconv"
	"testing"
)

// TestFreeAddress: the port is outside the range of the kernel, where an outgoing connection may
// take it before the server does.
func TestFreeAddress(t *testing.T) {
	for range 50 {
		address, err := FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		_, text, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		if port, _ := strconv.Atoi(text); port < firstPort || port >= portsEnd() {
			t.Errorf("%s is not within %d-%d", address, firstPort, portsEnd()-1)
		}
		l, err := net.Listen("tcp", ":"+text)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}
