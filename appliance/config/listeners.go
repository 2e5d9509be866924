package config

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// listeners checks the addresses to listen on: each alone, and that none is there twice.
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
	} {
		for _, addr := range list.addrs {
			if err := list.network(addr); err != nil {
				v.addf(list.key, "%v", err)
				continue
			}
			if by, twice := taken[addr]; twice && !strings.HasSuffix(addr, ":0") {
				v.addf(list.key, "%q is taken by %s already", addr, by)
			}
			taken[addr] = list.key
		}
	}
}

// checkAddress says what is wrong with a TCP address: a host, which may be "" for all addresses or an
// IP address, a colon, and a port number. Port 0 is any free one.
func checkAddress(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf(`%q is no address to listen on; write ":110" or "192.168.1.2:110" or "[::1]:110"`, addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q: %q is no port number of 1 to 65535", addr, port)
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			return fmt.Errorf("%q: %q is no IP address of this machine", addr, host)
		}
	}
	return nil
}

// checkAddressOrSocket is checkAddress for lists where "unix:/path" is possible too.
func checkAddressOrSocket(addr string) error {
	path, socket := strings.CutPrefix(addr, "unix:")
	if !socket {
		return checkAddress(addr)
	}
	const most = 107 // sun_path of unix(7), with its closing zero
	if !filepath.IsAbs(path) || len(path) > most {
		return fmt.Errorf("%q: a socket is an absolute path of at most %d characters", addr, most)
	}
	return nil
}
