package outbound

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Submission is what is known when a client names the first recipient elsewhere.
type Submission struct {
	User   string     // who is logged in; "" if no user is
	Clear  bool       // the password crossed the network without TLS
	From   string     // reverse-path, "anna@example.org"; "" for the null one
	Client netip.Addr // where the client is; the zero Addr for a local socket
	Root   bool       // the client is root on this machine, on a local socket
	Shared bool       // Client is a bridge or proxy, behind which any client may be
}

// A Grant is the permission to send one message to other servers.
type Grant struct {
	Account    Account
	From       string // the reverse-path under which it leaves
	Device     bool   // it was not a user that logged in
	Recipients int    // how many it may have elsewhere; 0: no limit of its own
}

// A Denied error says why a message may not leave, in words for the client. The words hold no value
// that the client has sent.
type Denied struct {
	Temporary bool
	Reason    string
}

func (d *Denied) Error() string { return d.Reason }

// Limits of mail that comes without a login.
const (
	deviceRecipients = 10
	deviceMessages   = 50 // in 24 hours
)

// Decide applies the rules to a submission. Whatever it does not grant is relaying denied.
func Decide(accounts []Account, s Submission) (Grant, error) {
	if s.User == "" {
		return decideDevice(accounts, s)
	}
	var own []Account
	for _, a := range accounts {
		if a.Owner == s.User {
			own = append(own, a)
		}
	}
	switch {
	case len(own) == 0:
		return Grant{}, &Denied{Reason: "no remote account of this user sends mail to other servers"}
	case s.Clear:
		return Grant{}, &Denied{Reason: "the password crossed the network without TLS; set the mail client to TLS (port 465, or STARTTLS)"}
	case s.From == "" && len(own) == 1: // a receipt
		return Grant{Account: own[0]}, nil
	}
	for _, a := range own {
		if a.Has(s.From) {
			return Grant{Account: a, From: s.From}, nil
		}
	}
	return Grant{}, &Denied{Reason: "the sender is no address of a remote account of this user; send as " + addressesOf(own)}
}

// maxNamed is how many addresses a reply names.
const maxNamed = 5

func addressesOf(accounts []Account) string {
	var list []string
	for _, a := range accounts {
		for _, address := range a.Addresses {
			list = append(list, "<"+address+">")
		}
	}
	if len(list) > maxNamed {
		list = append(list[:maxNamed], "…")
	}
	return strings.ToValidUTF8(strings.Join(list, ", "), "?")
}

// decideDevice is for a client that is not logged in: a printer that cannot, or root on this
// machine.
func decideDevice(accounts []Account, s Submission) (Grant, error) {
	for _, a := range accounts {
		if len(a.Addresses) == 0 || !a.admits(s) {
			continue
		}
		return Grant{Account: a, From: a.Addresses[0], Device: true, Recipients: deviceRecipients}, nil
	}
	return Grant{}, &Denied{Reason: "log in to send mail to other servers"}
}

// admits reports whether devices of the account names a client. An address behind which others may
// be is never a device.
func (a *Account) admits(s Submission) bool {
	if !s.Client.IsValid() {
		return s.Root && a.Local
	}
	client := s.Client.Unmap().WithZone("")
	if s.Shared || client.IsLoopback() || client.IsUnspecified() || client.IsMulticast() {
		return false
	}
	return slices.ContainsFunc(a.Devices, func(p netip.Prefix) bool { return p.Contains(client) })
}

// CheckDevices returns an error for devices that cannot be distinguished from other clients, or
// that another account has, too. shared are addresses of bridges and proxies.
func CheckDevices(accounts []Account, shared []netip.Prefix) error {
	for i, a := range accounts {
		for _, p := range a.Devices {
			switch {
			case p.Addr().IsLoopback() || p.Bits() == 0:
				return fmt.Errorf("remote.%s: devices: %v is every program or client; name the address of the device, or \"local\" for mail of root on this machine", a.Name, p)
			case slices.ContainsFunc(shared, p.Overlaps):
				return fmt.Errorf("remote.%s: devices: %v is a bridge or proxy, behind which any client may be", a.Name, p)
			}
			for _, b := range accounts[:i] {
				if slices.ContainsFunc(b.Devices, p.Overlaps) {
					return fmt.Errorf("remote.%s: devices: %v is a device of remote.%s as well", a.Name, p, b.Name)
				}
			}
		}
	}
	return nil
}

// Admit decides about a submission, and counts it if it comes from a device. It is called once for
// a message.
func (q *Queue) Admit(s Submission) (Grant, error) {
	g, err := Decide(q.o.Accounts.Accounts(), s)
	if err != nil || !g.Device {
		return g, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	sent := q.devices[g.Account.Name]
	for len(sent) > 0 && now.Sub(sent[0]) >= day {
		sent = sent[1:]
	}
	if len(sent) >= deviceMessages {
		return Grant{}, &Denied{Temporary: true, Reason: fmt.Sprintf("devices have sent %d messages in 24 hours, which is the limit", deviceMessages)}
	}
	q.devices[g.Account.Name] = append(sent, now)
	return g, nil
}
