package config

import (
	"net"
	"net/url"
	"strconv"

	"pillarbox/appliance/remote/provider"
)

// OAuth reports whether the account logs in by OAuth 2.0: its provider accepts no password, or the
// client or the server of OAuth is written.
func (r *Remote) OAuth() bool {
	p := r.At()
	return r.ClientID != "" || r.Issuer != "" || p != nil && p.Password == provider.Refused
}

// Ports returns the TCP ports of the servers of the account.
func (r *Remote) Ports() (ports []uint16) {
	for _, address := range []string{r.Incoming, r.Outgoing} {
		if _, port, err := net.SplitHostPort(address); err == nil {
			if n, err := strconv.ParseUint(port, 10, 16); err == nil {
				ports = append(ports, uint16(n))
			}
		}
	}
	if r.OAuth() {
		ports = append(ports, r.oauthPort())
	}
	return ports
}

// oauthPort returns the port of the OAuth server: those of the table of providers have 443.
func (r *Remote) oauthPort() uint16 {
	if u, err := url.Parse(r.Issuer); err == nil && u.Port() != "" {
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
			return uint16(n)
		}
	}
	return 443
}

// RemotePorts returns the TCP ports of all servers of the remote accounts, and of the OAuth servers
// that grant access to them.
func (c *Config) RemotePorts() (ports []uint16) {
	for _, name := range c.Remotes() {
		r := c.Remote[name]
		ports = append(ports, r.Ports()...)
	}
	return ports
}
