// Package names has the rules for names that several packages share: letter case, account names,
// ASCII, addresses of connections, and paths of sockets. Each rule stands here once.
package names

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// LongestSocket is how long the path of a socket may be in octets: sun_path of unix(7) without its
// closing zero.
const LongestSocket = 107

// Fold returns s with A-Z in lower case: names are compared without letter case. Valid names are
// ASCII; other letters are left as they are, and refused.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// CheckAccount returns an error if a folded name cannot be an account name.
func CheckAccount(name string) error {
	if len(name) < 1 || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return fmt.Errorf("%.80q cannot be an account name: it is 1 to 64 of a-z, 0-9, dot, underscore and hyphen", name)
	}
	return nil
}

// IsASCII reports whether a text has ASCII characters only.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// AddrOf returns the IP address of a TCP address, IPv4 as such; the zero Addr for a local socket.
func AddrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
