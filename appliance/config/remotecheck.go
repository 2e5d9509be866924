package config

import (
	"encoding/hex"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/names"
	"pillarbox/appliance/remote/provider"
)

// Limits of a remote account.
const (
	leastEvery = time.Minute
	mostEvery  = 24 * time.Hour
	usualDay   = 450 // messages
	mostDay    = 100000
)

// remotes checks the remote accounts and completes them from the table of providers.
func (v *verdict) remotes(c *Config) {
	senders := map[string]string{}
	for _, name := range c.Remotes() {
		r := c.Remote[name]
		check := remoteCheck{v, remoteTable + "." + name}
		check.identity(&r, senders, name)
		check.servers(&r)
		check.fetching(&r, c)
		check.sending(&r)
		c.Remote[name] = r
	}
}

// A remoteCheck checks one table.
type remoteCheck struct {
	*verdict
	table string
}

func (v remoteCheck) bad(key, format string, args ...any) {
	v.addf(v.table+"."+key, format, args...)
}

// identity checks who owns the account and which addresses it has. senders are the addresses of the
// accounts before, with their names.
func (v remoteCheck) identity(r *Remote, senders map[string]string, name string) {
	if r.Owner = names.Fold(r.Owner); r.Owner == "" {
		v.addf(v.table, "owner is missing: write the account that gets the mail, as in owner = \"anna\"")
	} else if !accountName(r.Owner) {
		v.bad("owner", "%q cannot be the name of an account: it is 1 to 64 of a-z, 0-9, dot, hyphen and underscore", r.Owner)
	}
	if len(r.Address) == 0 {
		v.addf(v.table, "address is missing: write the address at the provider, as in address = [\"anna@example.com\"]")
	}
	for i, address := range r.Address {
		local, domain, found := cutAddress(address)
		domain = names.Fold(domain)
		if err := checkDomain(domain); !found || local == "" || err != nil || strings.ContainsAny(local, " \t\r\n<>") {
			v.bad("address", "%q is not a mail address; write it as \"anna@example.com\"", address)
			continue
		}
		r.Address[i] = local + "@" + domain
		if other, taken := senders[names.Fold(r.Address[i])]; taken {
			v.bad("address", "%q is an address of [remote.%s], too; one account sends for an address", address, other)
		}
		senders[names.Fold(r.Address[i])] = name
	}
	if r.User == "" && len(r.Address) > 0 {
		r.User = r.Address[0]
	}
	if strings.ContainsAny(r.User, "\x00\r\n") || len(r.User) > 255 {
		v.bad("user", "%q is not a login: it is one line of at most 255 octets", r.User)
	}
}

func cutAddress(address string) (local, domain string, found bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address, "", false
	}
	return address[:at], address[at+1:], true
}

// servers completes the addresses of the servers.
func (v remoteCheck) servers(r *Remote) {
	p := r.At()
	if p == nil && r.Provider != "" {
		near := Nearest(r.Provider, provider.Names())
		if near == "" {
			v.bad("provider", "%q is not known; it is one of %s, or \"\" with incoming and outgoing written", r.Provider, strings.Join(provider.Names(), ", "))
		} else {
			v.bad("provider", "%q is not known; did you mean %q?", r.Provider, near)
		}
		return
	}
	if p != nil {
		if r.Fetch == FetchPOP3 && r.Incoming == "" && p.POP3 == "" {
			v.bad("fetch", "%s has no POP3; write \"imap\"", r.Provider)
		}
		if r.Incoming == "" && r.Fetch != FetchNone {
			r.Incoming = p.Address(string(r.Fetch))
		}
		if r.Outgoing == "" {
			r.Outgoing = p.SMTP
		}
	} else if r.Incoming == "" && r.Fetch != FetchNone {
		v.addf(v.table, "provider is missing: write one of %s, or the servers as incoming and outgoing", strings.Join(provider.Names(), ", "))
	}
	v.oauth(r)
	v.server("incoming", &r.Incoming, map[Protocol]string{FetchIMAP: "993", FetchPOP3: "995"}[r.Fetch])
	v.server("outgoing", &r.Outgoing, "465")
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

// server checks a host and port, and adds the usual port if none is written.
func (v remoteCheck) server(key string, to *string, usual string) {
	if *to == "" {
		return
	}
	host, port, err := net.SplitHostPort(*to)
	if err != nil && !strings.Contains(*to, ":") {
		host, port = *to, usual
	} else if err != nil {
		v.bad(key, "%q is not a host and port; write it as \"mail.example.com:%s\"", *to, usual)
		return
	}
	host = names.Fold(strings.TrimSuffix(host, "."))
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		v.bad(key, "%q is not a port; %s is the usual one", port, usual)
	}
	if _, err := netip.ParseAddr(host); err != nil {
		if err := checkDomain(host); err != nil {
			v.bad(key, "%v", err)
		}
	}
	*to = net.JoinHostPort(host, port)
}

// fetching checks how mail is fetched.
func (v remoteCheck) fetching(r *Remote, c *Config) {
	least := leastEvery
	if p := r.At(); p != nil {
		least = max(least, p.Every)
	}
	if every := time.Duration(r.Every); r.Fetch != FetchNone && (every < least || every > mostEvery) {
		v.bad("every", "%v is outside of %v to %v, which the provider accepts; write %q", every, least, mostEvery, Duration(min(max(every, least), mostEvery)))
	}
	if len(r.Folders) == 0 {
		v.bad("folders", "is empty, so nothing would be fetched; write [\"INBOX\"], or fetch = \"none\"")
	}
	for _, folder := range r.Folders {
		if folder == "" || len(folder) > 200 || strings.ContainsAny(folder, "*%\r\n\x00") {
			v.bad("folders", "%q is not the name of a folder", folder)
		}
		if r.Fetch == FetchPOP3 && names.Fold(folder) != "inbox" {
			v.bad("folders", "POP3 has one folder, INBOX; %q needs fetch = \"imap\"", folder)
		}
	}
	if r.Largest == 0 {
		r.Largest = c.SMTP.MaxMessage
	}
	if r.Largest < minMessage || r.Largest > c.SMTP.MaxMessage {
		v.bad("largest", "%v is outside of %v to smtp.max_message, which is %v", r.Largest, Size(minMessage), c.SMTP.MaxMessage)
	}
	if r.Daily != 0 && r.Daily < minMessage {
		v.bad("daily", "%v is less than one message may need, %v; \"\" is no limit", r.Daily, Size(minMessage))
	}
	if r.Pin = names.Fold(strings.ReplaceAll(r.Pin, ":", "")); r.Pin != "" {
		if raw, err := hex.DecodeString(r.Pin); err != nil || len(raw) != 32 {
			v.bad("pin", "is not a SHA-256: it has 64 hexadecimal digits; `openssl x509 -noout -fingerprint -sha256` prints that of a certificate")
		}
	}
	if r.Tenant == "" || strings.Trim(names.Fold(r.Tenant), "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		v.bad("tenant", "%q is not a tenant; it is \"common\", \"consumers\", \"organizations\", a domain or an id", r.Tenant)
	}
}

// sending checks how mail is sent.
func (v remoteCheck) sending(r *Remote) {
	most := mostDay
	if p := r.At(); p != nil && p.PerDay > 0 {
		most = p.PerDay
	}
	if r.PerDay == 0 {
		r.PerDay = min(usualDay, most)
	}
	if r.PerDay < 1 || r.PerDay > most {
		v.bad("per_day", "%d is outside of 1 to %d, which the provider accepts; send = false sends nothing", r.PerDay, most)
	}
	if r.Send && r.Outgoing == "" && r.Provider == "" {
		v.addf(v.table, "outgoing is missing: write the server for outgoing mail, or send = false")
	}
	for i, device := range r.Devices {
		if names.Fold(device) == "local" {
			r.Devices[i] = "local"
			continue
		}
		addr, err := netip.ParseAddr(device)
		switch {
		case err != nil:
			v.bad("devices", "%q is not an address; write that of the printer, as \"192.168.1.20\", or \"local\" for programs of this machine", device)
		case addr.Unmap().IsLoopback() || addr.IsUnspecified():
			v.bad("devices", "%q stands for every program behind this machine; \"local\" admits what the sendmail command brings", device)
		case !r.Send:
			v.bad("devices", "may not send, because send is false")
		default:
			r.Devices[i] = addr.Unmap().String()
		}
	}
}
