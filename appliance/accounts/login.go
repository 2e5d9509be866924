package accounts

import "strings"

// A Login is what a name that a client logs in with asks for: an account, and which view of its mailbox.
type Login struct {
	Account string
	Device  string // "" for none
	Recent  bool   // the mail of the last days only
}

const (
	recentPrefix  = "recent:"
	longestDevice = 32
)

// ParseLogin reads [recent:]ACCOUNT[+DEVICE], folded. What stands behind a plus is the name of a device, whatever aliases there are;
// it is 1 to 32 of a-z, 0-9, dot, underscore and hyphen, else ok is false. Whether there is such an account is not asked.
func ParseLogin(name string) (l Login, ok bool) {
	name, l.Recent = strings.CutPrefix(name, recentPrefix)
	var plus bool
	if l.Account, l.Device, plus = strings.Cut(name, "+"); !plus {
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

// View returns what a user asks for who logs in with a name as ParseLogin reads it, or such a name@domain for a domain of ours, in any
// letter case. ok is false when the domain is another one, or the name none.
func (r *Routing) View(user string) (l Login, ok bool) {
	local, domain := user, ""
	if at := strings.LastIndexByte(user, '@'); at >= 0 {
		local, domain = user[:at], user[at+1:]
		if domain == "" {
			return Login{}, false
		}
	}
	l, ok = ParseLogin(Fold(local))
	return l, ok && r.Ours(domain)
}

// Login returns the account of the View of a user: whose password it is.
func (r *Routing) Login(user string) (name string, ok bool) {
	l, ok := r.View(user)
	return l.Account, ok
}
