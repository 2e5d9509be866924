package mdns

import (
	"net"
	"net/netip"
	"slices"
	"sort"
)

// A link is an interface on which the server answers.
type link struct {
	index int
	name  string
	addrs []netip.Addr // in this order in the zone
	zone  *zone

	all     []netip.Prefix        // every address that it has, with its network
	allowed func(netip.Addr) bool // who may ask; nil: everybody
}

// own reports whether an address is one of this machine. With two interfaces in one network what is
// sent on one comes in at the other, so those of all links count.
func own(links []*link, addr netip.Addr) bool {
	addr = addr.WithZone("")
	for _, l := range links {
		for _, mine := range l.all {
			if mine.Addr() == addr {
				return true
			}
		}
	}
	return false
}

// near reports whether a query from an address is answered: it is in a network of the link (RFC
// 6762 §11), and may connect. Anything else is forged, or could not use the answer.
func (l *link) near(addr netip.Addr) bool {
	addr = addr.WithZone("")
	for _, network := range l.all {
		if network.Contains(addr) {
			return l.allowed == nil || l.allowed(addr)
		}
	}
	return false
}

// findLinks returns the interfaces that have an address which may connect. It allocates, so it is
// called once a minute.
func findLinks(allowed func(netip.Addr) bool) (links []*link) {
	list, err := net.Interfaces()
	if err != nil {
		return nil
	}
	const wanted = net.FlagUp | net.FlagMulticast
	for _, one := range list {
		if one.Flags&wanted != wanted || one.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
			continue
		}
		l := &link{index: one.Index, name: one.Name, allowed: allowed}
		l.addrs, l.all = addressesOf(one, allowed)
		if len(l.addrs) > 0 {
			links = append(links, l)
		}
	}
	sort.Slice(links, func(i, j int) bool { return links[i].index < links[j].index })
	return links
}

// mostAddresses is how many addresses of an interface are announced: IPv6 may have many for a time.
const mostAddresses = 6

// addressesOf returns the addresses that are announced, and all of them.
func addressesOf(one net.Interface, allowed func(netip.Addr) bool) (addrs []netip.Addr, all []netip.Prefix) {
	list, err := one.Addrs()
	if err != nil {
		return nil, nil
	}
	for _, a := range list {
		network, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(network.IP)
		if !ok {
			continue
		}
		addr = addr.Unmap()
		bits, _ := network.Mask.Size()
		all = append(all, netip.PrefixFrom(addr, bits))
		if allowed(addr) {
			addrs = append(addrs, addr)
		}
	}
	sort.Slice(addrs, func(i, j int) bool { return addrs[i].Less(addrs[j]) })
	return addrs[:min(len(addrs), mostAddresses)], all
}

// sameLinks reports whether nothing that is announced has changed.
func sameLinks(a, b []*link) bool {
	return slices.EqualFunc(a, b, func(a, b *link) bool {
		return a.index == b.index && slices.Equal(a.addrs, b.addrs)
	})
}

// find returns the link of an interface; nil if the server does not answer there.
func find(links []*link, index int) *link {
	for _, l := range links {
		if l.index == index {
			return l
		}
	}
	return nil
}
