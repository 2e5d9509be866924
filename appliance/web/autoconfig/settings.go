package autoconfig

import (
	"slices"
	"strings"
)

// An Endpoint is a port of the server that a mail client uses.
type Endpoint struct {
	Port int
	// Implicit reports whether TLS begins with the first byte; otherwise it begins with STARTTLS.
	Implicit bool
}

// Settings are what a mail client needs to know of the server.
type Settings struct {
	// Host is the name or address by which the client reached the server: it is the one that is
	// known to work on that device.
	Host string
	// Domains are the mail domains of the server, in lower case. The first one is that of the
	// addresses which are shown.
	Domains []string
	// Incoming are the ports of POP3, Outgoing those of SMTP with a login.
	Incoming, Outgoing []Endpoint
	// KeepDays is how many days a client may leave messages on the server.
	KeepDays int
}

// An Account is whose settings are written.
type Account struct {
	Name    string // of the login
	Address string
	// Password is written into the code of Thunderbird for Android only. "": the client asks.
	Password string
}

// Serves reports whether the domain of a mail address is one of the server. An address without a
// domain is not.
func (s *Settings) Serves(address string) bool {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return false
	}
	domain := strings.ToLower(strings.TrimSuffix(address[at+1:], "."))
	return slices.Contains(s.Domains, domain)
}

// Best returns endpoints in the order in which clients should try them: TLS from the first byte
// first, then STARTTLS; of each kind the first, because a second one tells a client nothing new.
func Best(all []Endpoint) (list []Endpoint) {
	for _, implicit := range []bool{true, false} {
		if i := slices.IndexFunc(all, func(e Endpoint) bool { return e.Implicit == implicit }); i >= 0 {
			list = append(list, all[i])
		}
	}
	return list
}

// First returns the endpoint that a client uses first; ok is false if there is none.
func First(all []Endpoint) (e Endpoint, ok bool) {
	if list := Best(all); len(list) > 0 {
		return list[0], true
	}
	return Endpoint{}, false
}
