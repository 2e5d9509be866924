package config

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"pillarbox/appliance/names"
)

// listeners checks the addresses to listen on: each by itself, and that none is there twice.
func (v *verdict) listeners(c *Config) {
	taken := map[string]string{}
	for _, list := range []struct {
		key     string
		addrs   []string
		network func(string) error
	}{
		{"pop3.listen", c.POP3.Listen, checkAddress},
		{"pop3.listen_tls", c.POP3.ListenTLS, checkAddress},
		{"smtp.listen", c.SMTP.Listen, checkAddress},
		{"smtp.listen_tls", c.SMTP.ListenTLS, checkAddress},
		{"smtp.listen_lmtp", c.SMTP.ListenLMTP, checkAddressOrSocket},
		{"web.listen", c.Web.Listen, checkAddress},
		{"web.listen_tls", c.Web.ListenTLS, checkAddress},
	} {
		for _, addr := range list.addrs {
			if err := list.network(addr); err != nil {
				v.addf(list.key, "%v", err)
				continue
			}
			if by, twice := taken[addr]; twice && !strings.HasSuffix(addr, ":0") {
				v.addf(list.key, "%q is already used by %s", addr, by)
			}
			taken[addr] = list.key
		}
	}
}

// checkAddress returns an error if addr is not a TCP address: a host, which may be "" for all
// addresses or an IP address, a colon, and a port number. Port 0 is any free one.
func checkAddress(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf(`%q is not an address to listen on; write ":110" or "192.168.1.2:110" or "[::1]:110"`, addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q: %q is not a port number from 1 to 65535", addr, port)
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			return fmt.Errorf("%q: %q is not an IP address", addr, host)
		}
	}
	return nil
}

// checkAddressOrSocket is checkAddress for lists in which "unix:/path" is possible, too.
func checkAddressOrSocket(addr string) error {
	path, socket := strings.CutPrefix(addr, "unix:")
	if !socket {
		return checkAddress(addr)
	}
	if !filepath.IsAbs(path) || len(path) > names.LongestSocket {
		return fmt.Errorf("%q: a socket is an absolute path of at most %d characters", addr, names.LongestSocket)
	}
	return nil
}
