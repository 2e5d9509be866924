package config

import (
	"net/netip"
	"strings"

	"pillarbox/appliance/names"
)

// web checks the names of [web], and folds them to the form in which they are compared.
func (v *verdict) web(c *Config) {
	for i, name := range c.Web.Names {
		name = names.Fold(strings.TrimSuffix(name, "."))
		if _, err := netip.ParseAddr(name); err == nil {
			v.addf("web.names", "%q is an address: the page answers by every address of the machine without this key", name)
		} else if err := checkDomain(name); err != nil {
			v.addf("web.names", "%v; write it without http:// and without a port", err)
		}
		c.Web.Names[i] = name
	}
	for i, name := range c.Web.Admins {
		name = names.Fold(name)
		if name == "" || strings.ContainsAny(name, "@ ") {
			v.addf("web.admins", "%q is not the name of an account; pillarbox user list shows them", name)
		}
		c.Web.Admins[i] = name
	}
	if len(c.Web.Listen) > 0 && c.Web.ListenTLS != nil && len(c.Web.ListenTLS) == 0 {
		v.addf("web.listen_tls", "is empty, so nobody could log in: set it to a port, or set web.listen to [] as well")
	}
}
