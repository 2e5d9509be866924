// Package identity is under which names and addresses clients know this server.
//
// It derives them from the configuration and the interfaces of the machine, for the certificate and
// for what a client is shown. It opens no connection.
package identity

import (
	"net/netip"
	"slices"
	"strings"

	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/machine"
)

// Addresses returns the addresses by which clients on the network may know this server. In a
// container behind the network of its engine there are none: no client uses its own address, which
// is another one after the next start.
func Addresses(c *config.Config) []netip.Addr {
	if !c.Contained() {
		return certs.Addresses()
	}
	return machine.OuterAddresses()
}

// Unnamed returns what to do in a container where no client knows the server by an address in its
// certificate; "" if one does.
func Unnamed(c *config.Config) string {
	if !c.Contained() || c.TLS.Cert != "" || len(c.TLS.Names) > 0 || len(Addresses(c)) > 0 {
		return ""
	}
	return "the certificate is for no address, because clients do not use that of a container: " +
		"set tls.names, or PILLARBOX_TLS_NAMES, to the address and name of the machine, as 192.168.1.2,nas.lan"
}

// Names returns what the certificate of a configuration is for.
func Names(c *config.Config) certs.Names {
	return certs.NamesOf(c.Hostname, Addresses(c)).With(c.Domains, c.TLS.Names)
}

// AddressOf returns the mail address of an account.
func AddressOf(c *config.Config, name string) string {
	if len(c.Domains) > 0 {
		return name + "@" + c.Domains[0]
	}
	return name + "@" + c.Hostname
}

// LocalDomain returns the name of this host in multicast DNS, which is a mail domain of the server.
func LocalDomain(c *config.Config) string {
	short, _, _ := strings.Cut(c.Hostname, ".")
	return short + ".local"
}

// MailDomains returns the domains whose mail is delivered here and that clients know, the one of
// the addresses that are shown first.
func MailDomains(c *config.Config) (list []string) {
	for _, domain := range slices.Concat(c.Domains, []string{c.Hostname, LocalDomain(c)}) {
		if !slices.Contains(list, domain) {
			list = append(list, domain)
		}
	}
	return list
}

// Servers returns the addresses and names under which clients reach the server: those of tls.names
// first, because their certificate is for them. Private addresses always work.
func Servers(c *config.Config) (found []string) {
	found = slices.Clone(c.TLS.Names)
	for _, addr := range certs.NamesOf(c.Hostname, Addresses(c)).Addrs {
		if addr.Is4() && !slices.Contains(found, addr.String()) {
			found = append(found, addr.String())
		}
	}
	if len(found) == 0 && !c.Contained() {
		found = append(found, netip.AddrFrom4([4]byte{127, 0, 0, 1}).String())
	}
	return append(found[:min(len(found), 3)], c.Hostname)
}
