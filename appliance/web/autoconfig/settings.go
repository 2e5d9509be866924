package autoconfig

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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
// first, then STARTTLS; of each kind the first, because a second one adds nothing for a client.
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

// mostCode is the longest code, in characters. The exporter of Thunderbird begins a second code
// there.
const mostCode = 800

// ErrCode is returned when there is no code for an account: a port is missing, or the code would be
// too long to be scanned.
var ErrCode = errors.New("there is no code for this account")

// The numbers of the format.
const (
	protocolPOP3  = 1
	protocolSMTP  = 0
	tlsStart      = 2
	tlsImplicit   = 3
	plainPassword = 1
)

// Code returns the text of the QR code from which Thunderbird for Android imports an account: one
// JSON array, as its own exporter writes it. Without a password the app prompts for it.
func (s *Settings) Code(a Account) (string, error) {
	incoming, ok := First(s.Incoming)
	outgoing, sends := First(s.Outgoing)
	if !ok || !sends {
		return "", ErrCode
	}
	b := append([]byte(nil), "[1,[1,1],[1,"...)
	b = s.endpoint(b, incoming, a.Name)
	b = appendJSON(append(b, ','), "") // the name of the account is its address
	b = appendJSON(append(b, ','), a.Password)
	b = append(b, "],[[[0,"...)
	b = s.endpoint(b, outgoing, a.Name)
	b = appendJSON(append(b, ','), a.Password)
	b = append(b, "],["...)
	b = appendJSON(b, a.Address)
	b = appendJSON(append(b, ','), a.Name)
	b = append(b, "]]]]"...)
	if utf8.RuneCount(b) > mostCode {
		return "", ErrCode
	}
	return string(b), nil
}

// endpoint appends host, port, security, authentication and user.
func (s *Settings) endpoint(b []byte, e Endpoint, user string) []byte {
	security := tlsStart
	if e.Implicit {
		security = tlsImplicit
	}
	b = appendJSON(b, s.Host)
	for _, n := range []int{e.Port, security, plainPassword} {
		b = strconv.AppendInt(append(b, ','), int64(n), 10)
	}
	return appendJSON(append(b, ','), user)
}

// appendJSON appends a string of JSON (RFC 8259 §7).
func appendJSON(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
