package retention

import "strings"

// A Login is how a mailbox is asked for: whose it is, and which view of it.
type Login struct {
	Account string
	Device  string // "" for none
	Recent  bool   // the mail of the last RecentDays only
}

const (
	// RecentDays is how far back a recent view goes.
	RecentDays   = 30
	recentPrefix = "recent:"
	// longestDevice leaves a label room in a store that takes 64 octets.
	longestDevice = 64 - len(DeviceLabel)
)

// ParseLogin reads a folded name without a domain; ok is false when what stands behind a plus cannot be the name of a device. Whether
// there is such an account is not asked.
func ParseLogin(name string) (l Login, ok bool) {
	name, l.Recent = strings.CutPrefix(name, recentPrefix)
	l.Account, l.Device, ok = strings.Cut(name, "+")
	if !ok {
		return l, true
	}
	return l, len(l.Device) >= 1 && len(l.Device) <= longestDevice &&
		strings.Trim(l.Device, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// String undoes ParseLogin.
func (l Login) String() string {
	name := l.Account
	if l.Recent {
		name = recentPrefix + name
	}
	if l.Device != "" {
		name += "+" + l.Device
	}
	return name
}
