package certs

import (
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// homeRanges are the addresses that no server of the Internet has: home networks, this machine,
// links, and 100.64.0.0/10, which private networks between homes use (RFC 6598).
var homeRanges = [...]string{
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10",
	"fc00::/7", "fe80::/10", "::1/128",
}

// constrain sets what a new authority may sign for: the names of the configuration, what is below
// its domains, and what belongs to no server of the Internet. The extension is critical: a client
// that does not support it rejects everything that the authority signs.
//
// A bare name is permitted, and what is below it is not: "cloud" and "box" are host names at home
// and top-level domains of the Internet.
func constrain(authority *x509.Certificate, names Names) {
	domains := slices.Concat(names.DNS, names.Domains, homeDomains[:])
	slices.Sort(domains)
	for _, name := range slices.Compact(domains) {
		if isBare(name) {
			if someBelow(name, domains) {
				continue // permitting it would permit every name
			}
			authority.ExcludedDNSDomains = append(authority.ExcludedDNSDomains, "."+name)
		}
		authority.PermittedDNSDomains = append(authority.PermittedDNSDomains, name)
	}
	for _, text := range homeRanges {
		authority.PermittedIPRanges = append(authority.PermittedIPRanges, ipNet(netip.MustParsePrefix(text)))
	}
	for _, addr := range names.Fixed {
		if !inRanges(authority.PermittedIPRanges, addr) {
			authority.PermittedIPRanges = append(authority.PermittedIPRanges, ipNet(netip.PrefixFrom(addr, addr.BitLen())))
		}
	}
	authority.PermittedDNSDomainsCritical = true
}

// permitsName reports whether an authority may sign for a host name (RFC 5280 §4.2.1.10). As in all
// implementations, a constraint that begins with a dot is for what is below it alone.
func permitsName(authority *x509.Certificate, name string) bool {
	within := func(domain string) bool {
		return domain == "" || name == domain || strings.HasSuffix(name, "."+strings.TrimPrefix(domain, "."))
	}
	if slices.ContainsFunc(authority.ExcludedDNSDomains, within) {
		return false
	}
	return len(authority.PermittedDNSDomains) == 0 || slices.ContainsFunc(authority.PermittedDNSDomains, within)
}

// permitsAddr reports whether an authority may sign for an address.
func permitsAddr(authority *x509.Certificate, addr netip.Addr) bool {
	if inRanges(authority.ExcludedIPRanges, addr) {
		return false
	}
	return len(authority.PermittedIPRanges) == 0 || inRanges(authority.PermittedIPRanges, addr)
}

func inRanges(ranges []*net.IPNet, addr netip.Addr) bool {
	return slices.ContainsFunc(ranges, func(n *net.IPNet) bool { return n.Contains(addr.AsSlice()) })
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// isConstrained reports whether there are names that an authority may not sign for.
func isConstrained(authority *x509.Certificate) bool {
	return len(authority.PermittedDNSDomains) > 0 && len(authority.PermittedIPRanges) > 0
}

// divide returns the names that an authority may sign for and, in words, the others.
func divide(authority *x509.Certificate, names Names) (inside Names, outside []string) {
	may := func(name string) bool { return permitsName(authority, name) }
	mayAddr := func(addr netip.Addr) bool { return permitsAddr(authority, addr) }
	for _, list := range [][]string{names.DNS, names.SetUp} {
		_, not := split(list, may)
		outside = append(outside, not...)
	}
	_, not := split(names.Fixed, mayAddr)
	for _, addr := range not {
		outside = append(outside, addr.String())
	}
	inside.DNS, _ = split(names.DNS, may)
	inside.SetUp, _ = split(names.SetUp, may)
	inside.Fixed, _ = split(names.Fixed, mayAddr)
	inside.Addrs, _ = split(names.Addrs, mayAddr)
	return inside, outside
}
