package certs

import (
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"sort"
	"strings"
)

// NamesOf returns what a certificate of this host is for: its name, the short form of it, the short
// form in .local (multicast DNS), and the private addresses among addrs. A short form that is also
// the end of the host name is left out, because an authority that permits it permits a whole
// domain.
func NamesOf(hostname string, addrs []netip.Addr) Names {
	short, _, _ := strings.Cut(hostname, ".")
	names := Names{DNS: []string{hostname}}
	for _, name := range []string{short, short + ".local"} {
		if !slices.Contains(names.DNS, name) && !someBelow(name, names.DNS) {
			names.DNS = append(names.DNS, name)
		}
	}
	for _, addr := range addrs {
		if addr = addr.Unmap().WithZone(""); addr.IsPrivate() && !slices.Contains(names.Addrs, addr) {
			names.Addrs = append(names.Addrs, addr)
		}
	}
	sort.Slice(names.Addrs, func(i, j int) bool { return names.Addrs[i].Less(names.Addrs[j]) })
	return names
}

// With returns the names with what a configuration adds to them: mail domains, and further valid
// names and addresses. Mail clients look for their settings under two names in each domain of mail
// addresses, including the host name and its form in .local.
func (n Names) With(domains, further []string) Names {
	short, _, _ := strings.Cut(n.DNS[0], ".")
	for _, domain := range slices.Concat([]string{n.DNS[0]}, domains, []string{short + ".local"}) {
		if isBare(domain) {
			continue // no authority permits what is below it
		}
		for _, prefix := range setUpPrefixes {
			if name := prefix + domain; len(name) <= longestName && !slices.Contains(n.SetUp, name) {
				n.SetUp = append(n.SetUp, name)
			}
		}
	}
	for _, text := range further {
		if addr, err := netip.ParseAddr(text); err == nil {
			n.Fixed = append(n.Fixed, addr.Unmap())
		} else if !slices.Contains(n.DNS, text) {
			n.DNS = append(n.DNS, text)
		}
	}
	n.Domains = domains
	all := slices.Concat(n.DNS, domains)
	n.DNS, _ = split(n.DNS, func(name string) bool { return !isBare(name) || !someBelow(name, all) })
	return n
}

// needed returns the names without those that are for convenience.
func (n Names) needed() Names { return Names{DNS: n.DNS, Fixed: n.Fixed} }

// setUpPrefixes precede a mail domain in the names under which Thunderbird and Outlook look for the
// settings of an account.
var setUpPrefixes = [...]string{"autoconfig.", "autodiscover."}

// longestName is the longest host name (RFC 1035 §2.3.4), without its last dot.
const longestName = 253

// isSetUp reports whether a name is one under which a mail client looks for its settings.
func isSetUp(name string) bool {
	return slices.ContainsFunc(setUpPrefixes[:], func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// Addresses returns the addresses of this machine's interfaces, or none if the kernel does not list
// them.
func Addresses() []netip.Addr {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var addrs []netip.Addr
	for _, a := range list {
		if network, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(network.IP); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	return addrs
}

// Names are what a certificate is for. Host names are in lower case, addresses have no zones.
type Names struct {
	DNS     []string     // host names; the first one is the server's
	Fixed   []netip.Addr // addresses of the configuration
	Addrs   []netip.Addr // private addresses of this machine; see R1
	SetUp   []string     // names by which mail clients look for their settings; see R1
	Domains []string     // mail domains, which a new authority permits
}

// isBare reports whether a name has no dot and is not one of homeDomains.
func isBare(name string) bool {
	return !strings.Contains(name, ".") && !slices.Contains(homeDomains[:], name)
}

// someBelow reports whether one of names is below name.
func someBelow(name string, names []string) bool {
	return slices.ContainsFunc(names, func(other string) bool { return strings.HasSuffix(other, "."+name) })
}

// split returns the elements of a list for which may is true, and the others.
func split[T any](list []T, may func(T) bool) (these, others []T) {
	for _, one := range list {
		if may(one) {
			these = append(these, one)
		} else {
			others = append(others, one)
		}
	}
	return these, others
}

// homeDomains are the domains that no server of the Internet has: multicast DNS, home networks (RFC
// 8375), common domains of routers, and this machine. An authority may sign for every name below
// them.
var homeDomains = [...]string{"localhost", "local", "home.arpa", "lan", "internal"}

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
