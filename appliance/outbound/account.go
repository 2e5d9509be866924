package outbound

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"pillarbox/appliance/outbound/smarthost"
)

// An Account is a remote account as far as mail is sent through it.
type Account struct {
	Name      string
	Owner     string         // the local account that may send as its addresses, and gets its reports
	Addresses []string       // "anna@example.org"; the first is shown for mail of devices
	Server    string         // host:port of the outgoing server
	PerDay    int            // recipients in 24 hours; 0: no limit
	Devices   []netip.Prefix // clients that may send through it without a login
	Local     bool           // "local" in devices: mail of root on this machine, over the socket
}

// Has reports whether an address is one of the account. Letter case does not count: no provider
// hands out addresses that differ in it alone.
func (a *Account) Has(address string) bool {
	return slices.ContainsFunc(a.Addresses, func(own string) bool { return strings.EqualFold(own, address) })
}

// A Source has the remote accounts of the moment.
type Source interface {
	// Accounts returns those that may send, by name.
	Accounts() []Account
	// Generation changes when the login of an account may work again: another secret was stored.
	Generation(name string) string
}

// A Session hands messages over to an outgoing server; *smarthost.Session is one.
type Session interface {
	Send(*smarthost.Message) ([]smarthost.Result, error)
	Offers() smarthost.Offers
	Close()
}

// A Dialer opens a session with the outgoing server of an account. The error wraps ErrOffline,
// ErrLoginNeeded, or is one of package smarthost.
type Dialer interface {
	Dial(ctx context.Context, a Account) (Session, error)
}

// Errors of a Dialer.
var (
	// ErrOffline: the server could not be reached: no route, no name, no connection.
	ErrOffline = smarthost.ErrOffline
	// ErrLoginNeeded: there is no secret for the account, or the provider withdrew it.
	ErrLoginNeeded = errors.New("the remote account needs a login")
)
