package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// Prefixes is a set of addresses. The zero value holds none. It is not changed after it is made.
type Prefixes struct {
	words string // as written, for String
	in    []netip.Prefix
}

// private are loopback, RFC 1918, unique local (RFC 4193) and link-local addresses: no client on
// the Internet has one of them.
var private = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("fc00::/7"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10"),
}

var everywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

// Private returns the addresses of home networks.
func Private() Prefixes { return Prefixes{"private", private} }

// Anywhere returns all addresses.
func Anywhere() Prefixes { return Prefixes{"any", everywhere} }

// ParsePrefixes reads a list of "private", "any", prefixes (192.168.7.0/24) and addresses.
func ParsePrefixes(words []string) (Prefixes, error) {
	p := Prefixes{words: strings.Join(words, " ")}
	for _, word := range words {
		switch word {
		case "private":
			p.in = append(p.in, private...)
		case "any":
			p.in = append(p.in, everywhere...)
		default:
			prefix, err := parsePrefix(word)
			if err != nil {
				return Prefixes{}, err
			}
			p.in = append(p.in, prefix)
		}
	}
	return p, nil
}

func parsePrefix(word string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(word); err == nil {
		if prefix != prefix.Masked() {
			return netip.Prefix{}, fmt.Errorf("%q has bits set after its length; did you mean %q?", word, prefix.Masked())
		}
		return prefix, nil
	}
	addr, err := netip.ParseAddr(word)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf(`%q is neither "private" nor "any" nor a prefix as 192.168.7.0/24`, word)
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// Contains reports whether addr is in the set. An IPv4 address mapped in IPv6 counts as IPv4; the
// zero Addr is in no set.
func (p Prefixes) Contains(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, prefix := range p.in {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Empty reports whether the set has no address.
func (p Prefixes) Empty() bool { return len(p.in) == 0 }

// String returns the set as it was written.
func (p Prefixes) String() string { return p.words }
