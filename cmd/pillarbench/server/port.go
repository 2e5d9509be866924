package server

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
)

// firstPort is the first port that FreeAddress returns.
const firstPort = 10000

// FreeAddress returns an address of loopback whose port no program listens on, on any address. The
// port lies outside the range from which the kernel picks the source ports of connections: a port
// of that range can be taken by any connection before the server binds it, and a client that waits
// for the server there can connect to itself.
func FreeAddress() (string, error) {
	end := portsEnd()
	for range 1000 {
		port := firstPort + rand.IntN(end-firstPort)
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			continue
		}
		l.Close()
		return fmt.Sprintf("127.0.0.1:%d", port), nil
	}
	return "", errors.New("no free port found")
}

// portsEnd returns the end of the ports below the kernel's own range, or of all ports if the range
// begins near firstPort.
func portsEnd() int {
	low := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(text), &low)
	}
	if low < firstPort+1000 {
		return 65536
	}
	return low
}
