package provider

import (
	"net"
	"net/url"
	"slices"
	"testing"
	"time"
)

// TestTable holds the rows against the invariants of the package.
func TestTable(t *testing.T) {
	if _, err := time.Parse(time.DateOnly, Updated); err != nil {
		t.Error(err)
	}
	domains := map[string]string{}
	for _, p := range table {
		for protocol, ports := range map[string][]string{"imap": {"993"}, "pop3": {"995"}, "smtp": {"465", "587"}} {
			address := p.Address(protocol)
			if address == "" && protocol == "pop3" && p.Name == "icloud" {
				continue
			}
			host, port, err := net.SplitHostPort(address)
			if err != nil || host == "" || !slices.Contains(ports, port) {
				t.Errorf("%s: %s is at %q, %v; want a port of %v", p.Name, protocol, address, err, ports)
			}
			if p.OAuth != nil && p.OAuth.Scopes[protocol] == "" {
				t.Errorf("%s: no scope for %s", p.Name, protocol)
			}
		}
		if p.OAuth != nil {
			if p.OAuth.Redirect == "" {
				t.Errorf("%s: no redirect", p.Name)
			}
			for _, address := range []string{p.OAuth.Device, p.OAuth.Authorize, p.OAuth.Token} {
				if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" || u.Port() != "") {
					t.Errorf("%s: %q, %v", p.Name, address, err)
				}
			}
		}
		if p.Password == Refused && p.OAuth == nil {
			t.Errorf("%s has no way to log in", p.Name)
		}
		for _, domain := range p.Domains {
			if other := domains[domain]; other != "" {
				t.Errorf("%s is a domain of %s and of %s", domain, other, p.Name)
			}
			domains[domain] = p.Name
		}
		if Find(p.Name) == nil || Find(p.Name).Name != p.Name {
			t.Errorf("Find(%q) returns another provider", p.Name)
		}
	}
}

func TestForAddress(t *testing.T) {
	for address, want := range map[string]string{"Anna@GMail.com": "gmail", "otto@web.de": "webde"} {
		if p := ForAddress(address); p == nil || p.Name != want {
			t.Errorf("ForAddress(%q) is %v, want %s", address, p, want)
		}
	}
	for _, address := range []string{"anna", "anna@example.org", ""} {
		if p := ForAddress(address); p != nil {
			t.Errorf("ForAddress(%q) is %s", address, p.Name)
		}
	}
}
