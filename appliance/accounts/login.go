package accounts

import (
	"strings"

	"pillarbox/appliance/names"
)

// A Login is what a login name stands for: an account, and a view of its mailbox.
type Login struct {
	Account string
	Device  string // "" if none
	Recent  bool   // only the messages of the last days
}

const (
	recentPrefix  = "recent:"
	longestDevice = 32
)

// ParseLogin parses [recent:]ACCOUNT[+DEVICE], folded. What follows a plus is the name of a device,
// even if there is such an alias; it has 1 to 32 of a-z, 0-9, dot, underscore and hyphen, otherwise
// ok is false. ParseLogin does not check whether there is such an account.
func ParseLogin(name string) (l Login, ok bool) {
	name, l.Recent = strings.CutPrefix(name, recentPrefix)
	var plus bool
	if l.Account, l.Device, plus = strings.Cut(name, "+"); !plus {
		return l, true
	}
	return l, len(l.Device) >= 1 && len(l.Device) <= longestDevice &&
		strings.Trim(l.Device, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// String is the inverse of ParseLogin.
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

// View returns what a login name stands for, in any letter case: a name as ParseLogin parses it, or
// such a name@domain for a local domain. ok is false if the domain is not local, or the name not
// valid.
func (r *Routing) View(user string) (l Login, ok bool) {
	local, domain := user, ""
	if at := strings.LastIndexByte(user, '@'); at >= 0 {
		local, domain = user[:at], user[at+1:]
		if domain == "" {
			return Login{}, false
		}
	}
	l, ok = ParseLogin(names.Fold(local))
	return l, ok && r.Ours(domain)
}

// Login returns the account of the View of a user, whose password it is.
func (r *Routing) Login(user string) (name string, ok bool) {
	l, ok := r.View(user)
	return l.Account, ok
}

// SameAccount reports whether two login names stand for one account. It does not check whether
// there is such an account.
func (r *Routing) SameAccount(a, b string) bool {
	one, ok := r.Login(a)
	other, ok2 := r.Login(b)
	return ok && ok2 && one == other
}

// SameView reports whether two login names stand for one view of one mailbox. It does not check
// whether there is such an account.
func (r *Routing) SameView(a, b string) bool {
	one, ok := r.View(a)
	other, ok2 := r.View(b)
	return ok && ok2 && one == other
}
