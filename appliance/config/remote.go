package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/remote/provider"
)

// A Remote is one account at a provider: a table [remote.NAME].
type Remote struct {
	Provider string   // "" if Incoming and Outgoing are written
	Owner    string   // the account whose mailbox gets the mail, and who may send as Address
	Address  []string // sender addresses
	User     string   // the login at the provider; completed with the first address
	Fetch    Protocol
	Every    Duration // between two collections
	Since    Span     // of a first collection: FromNow is "new", Unbounded is "all"
	After    Span     // when a message is deleted there: FromNow is "delete", Unbounded is "keep"
	Folders  []string // of IMAP; "Junk" is the folder of that use, whatever its name is
	Daily    Size     // octets that may be fetched in a day; 0: no limit
	Largest  Size     // messages above it stay at the provider; 0: smtp.max_message
	Send     bool
	PerDay   int    // messages that may be sent in a day
	Incoming string // host:port; completed from the provider
	Outgoing string
	Pin      string   // SHA-256 of the certificate, 64 hexadecimal digits; "": the system's roots
	ClientID string   // of OAuth 2.0; "": pillarbox remote login asks for it
	Issuer   string   // https address of an OAuth server that is not in the table of providers
	Tenant   string   // of Microsoft
	Devices  []string // addresses that may send without a login, or "local"
}

// A Protocol is how mail is fetched.
type Protocol string

// The values of fetch.
const (
	FetchIMAP Protocol = "imap"
	FetchPOP3 Protocol = "pop3"
	FetchNone Protocol = "none"
)

// A Span is a number of days, or one of two words.
type Span int

// The values of a Span that are words.
const (
	Unbounded Span = -1
	FromNow   Span = 0
)

const remoteTable = "remote"

// newRemote returns the defaults.
func newRemote() Remote {
	return Remote{Fetch: FetchIMAP, Every: Duration(15 * time.Minute), Since: 30, After: Unbounded, Folders: []string{"INBOX"}, Send: true, Tenant: "common"}
}

// keys is the table of the keys of a remote account.
func (r *Remote) keys() []key {
	return []key{
		{"provider", text(&r.Provider)},
		{"owner", text(&r.Owner)},
		{"address", texts(&r.Address)},
		{"user", text(&r.User)},
		{"fetch", oneOf(&r.Fetch, choices[Protocol]{{"imap", FetchIMAP}, {"pop3", FetchPOP3}, {"none", FetchNone}})},
		{"every", parsed(&r.Every, ParseDuration)},
		{"since", parsed(&r.Since, spans{"new", "all"}.parse)},
		{"after", parsed(&r.After, spans{"delete", "keep"}.parse)},
		{"folders", texts(&r.Folders)},
		{"daily", parsed(&r.Daily, optionalSize)},
		{"largest", parsed(&r.Largest, optionalSize)},
		{"send", boolean(&r.Send)},
		{"per_day", number(&r.PerDay)},
		{"incoming", text(&r.Incoming)},
		{"outgoing", text(&r.Outgoing)},
		{"pin", text(&r.Pin)},
		{"client_id", text(&r.ClientID)},
		{"issuer", text(&r.Issuer)},
		{"tenant", text(&r.Tenant)},
		{"devices", texts(&r.Devices)},
	}
}

// values are those of the keys.
func (r *Remote) values() map[string]any {
	size := func(s Size) string {
		if s == 0 {
			return ""
		}
		return s.String()
	}
	return map[string]any{
		"provider": r.Provider, "owner": r.Owner, "address": r.Address, "user": r.User, "fetch": string(r.Fetch),
		"every": r.Every.String(), "since": spans{"new", "all"}.text(r.Since), "after": spans{"delete", "keep"}.text(r.After),
		"folders": r.Folders, "daily": size(r.Daily), "largest": size(r.Largest), "send": r.Send, "per_day": r.PerDay,
		"incoming": r.Incoming, "outgoing": r.Outgoing, "pin": r.Pin, "client_id": r.ClientID, "issuer": r.Issuer, "tenant": r.Tenant,
		"devices": append([]string{}, r.Devices...),
	}
}

// spans are the words for FromNow and Unbounded.
type spans struct{ now, unbounded string }

// mostSpan is the most days that a Span has.
const mostSpan = 36500

func (w spans) parse(s string) (Span, error) {
	switch s {
	case w.now:
		return FromNow, nil
	case w.unbounded:
		return Unbounded, nil
	}
	digits, found := strings.CutSuffix(s, "d")
	days, err := strconv.ParseUint(digits, 10, 16)
	if !found || err != nil || days == 0 || days > mostSpan {
		return 0, fmt.Errorf(`%q is not a number of days; write %q, %q or days as "7d"`, s, w.now, w.unbounded)
	}
	return Span(days), nil
}

func (w spans) text(s Span) string {
	switch s {
	case FromNow:
		return w.now
	case Unbounded:
		return w.unbounded
	}
	return strconv.Itoa(int(s)) + "d"
}

// optionalSize is ParseSize with "" for no limit.
func optionalSize(s string) (Size, error) {
	if s == "" {
		return 0, nil
	}
	return ParseSize(s)
}

// At returns the row of the provider of an account, or nil.
func (r *Remote) At() *provider.Provider { return provider.Find(r.Provider) }

// ImplicitTLS reports whether a server at host:port begins with TLS from the first octet; at the
// ports 25, 110, 143 and 587 it begins with STARTTLS.
func ImplicitTLS(address string) bool {
	_, port, _ := net.SplitHostPort(address)
	switch port {
	case "25", "110", "143", "587":
		return false
	}
	return true
}

// String names an account in a message.
func (r *Remote) String() string { return fmt.Sprintf("%s at %s", r.User, r.Incoming) }
