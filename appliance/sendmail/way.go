package sendmail

import (
	"net"
	"os"
	"strconv"
	"strings"
)

// A Way is an address where the server may be reached.
type Way struct {
	Network, Address string // as net.Dial takes them
	LMTP             bool
	Guessed          bool // the configuration is not known: only pillarbox's greeting is accepted
}

// privileged reports whether only root and programs with its permission can listen at a TCP port.
func privileged(way Way) bool {
	_, word, err := net.SplitHostPort(way.Address)
	if err != nil || way.Network != "tcp" {
		return false
	}
	port, err := strconv.Atoi(word)
	if err != nil {
		return false
	}
	first := 1024
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			first = n
		}
	}
	return port < first
}
