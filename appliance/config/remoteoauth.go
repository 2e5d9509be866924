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

// oauth checks where a login by OAuth 2.0 comes from.
func (v remoteCheck) oauth(r *Remote) {
	p := r.At()
	switch {
	case r.Issuer == "" && r.ClientID != "" && p == nil:
		v.bad("client_id", "nothing says which OAuth server knows this client: write it as issuer = \"https://login.example.com\"")
	case r.Issuer == "" && r.ClientID != "" && p.OAuth == nil:
		v.bad("client_id", "%q has no OAuth 2.0 for mail; leave it out and log in with a password", r.Provider)
	case r.Issuer != "" && p != nil && p.OAuth != nil:
		v.bad("issuer", "%q has an OAuth server of its own; leave it out", r.Provider)
	}
	if r.Issuer == "" {
		return
	}
	u, err := url.Parse(r.Issuer)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		v.bad("issuer", "%q is not the address of an OAuth server; write it as \"https://login.example.com\"", r.Issuer)
	} else if _, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && err != nil {
		v.bad("issuer", "%q is not a port", u.Port())
	}
}
