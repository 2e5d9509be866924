package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// headers are those of every answer.
var headers = [...][2]string{
	{"Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
	{"X-Frame-Options", "DENY"},
	{"X-Content-Type-Options", "nosniff"},
	// With no-referrer the forms of these pages would be sent with "Origin: null".
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
}

// setUpPrefixes stand before a mail domain in the names by which clients look for settings.
var setUpPrefixes = [...]string{"autoconfig.", "autodiscover."}

// hostOf returns the host of a Host header, without port, brackets, zone and one trailing dot, in
// lower case.
func hostOf(header string) string {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	host, _, _ = strings.Cut(host, "%")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// ours reports whether a host is one by which this server is reached.
func ours(host string, f *Facts) bool {
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return true
	}
	// A mail domain is where clients look for their settings, if it is an address of this server.
	if slices.Contains(f.Names, host) || host == f.Hostname || slices.Contains(f.Domains, host) {
		return true
	}
	for _, prefix := range setUpPrefixes {
		if domain, ok := strings.CutPrefix(host, prefix); ok && slices.Contains(f.Domains, domain) {
			return true
		}
	}
	return false
}

// sameOrigin reports whether a POST comes from a page of this server. same-site is refused: another
// program on another port of this host is same-site.
func sameOrigin(r *http.Request) bool {
	site, origin := r.Header.Values("Sec-Fetch-Site"), r.Header.Values("Origin")
	if len(site) > 1 || len(origin) > 1 || len(site)+len(origin) == 0 {
		return false
	}
	if len(site) == 1 && site[0] != "same-origin" && site[0] != "none" {
		return false
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return len(origin) == 0 || strings.EqualFold(origin[0], scheme+r.Host)
}

// private reports whether a request may carry a password: it came over TLS, or from this machine to
// this machine.
func private(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	host := hostOf(r.Host)
	to, _ := netip.ParseAddr(host)
	return err == nil && from.Addr().Unmap().IsLoopback() && (host == "localhost" || to.IsLoopback())
}

// remoteOf returns the address that a request came from.
func remoteOf(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	return from.Addr().Unmap()
}
