package accounts

import (
	"errors"
	"slices"
	"strings"

	"pillarbox/appliance/names"
)

// Errors of Route.
var (
	// ErrForeign is returned if the domain is not local.
	ErrForeign = errors.New("not a local domain")
	// ErrNobody is returned if the domain is local and the name unknown.
	ErrNobody = errors.New("no such mailbox")
)

// A Routing maps addresses to accounts. It is not changed after NewRouting.
type Routing struct {
	table   *Table
	domains map[string]bool     // folded
	aliases map[string][]string // folded
}

// NewRouting returns a routing for mail to hostname, its short form, that in .local, localhost and
// domains. The configuration has validated the aliases: they are folded and without cycles, except
// that an alias may name itself.
func NewRouting(table *Table, hostname string, domains []string, aliases map[string][]string) *Routing {
	r := &Routing{table, map[string]bool{"": true, "localhost": true}, aliases}
	short, _, _ := strings.Cut(hostname, ".")
	for _, domain := range append([]string{hostname, short, short + ".local"}, domains...) {
		r.domains[names.Fold(domain)] = true
	}
	return r
}

// Ours reports whether a domain is local; "" is the missing domain of a bare name.
func (r *Routing) Ours(domain string) bool {
	return r.domains[names.Fold(strings.TrimSuffix(domain, "."))]
}

// Route returns the accounts that receive the mail of local@domain, each once. domain is "" for a
// bare name. The error is ErrForeign or ErrNobody.
func (r *Routing) Route(local, domain string) ([]string, error) {
	if !r.Ours(domain) {
		return nil, ErrForeign
	}
	w := walk{Routing: r}
	if w.resolve(names.Fold(local)); len(w.to) == 0 {
		w.expand("*")
	}
	if len(w.to) == 0 {
		return nil, ErrNobody
	}
	return w.to, nil
}

// Owns reports whether local@domain is an address of the account: mail for it reaches the account,
// and possibly others.
func (r *Routing) Owns(account, local, domain string) bool {
	to, err := r.Route(local, domain)
	return err == nil && slices.Contains(to, account)
}

// A walk follows one address to its accounts.
type walk struct {
	*Routing
	seen []string // aliases that were followed; none is followed twice
	to   []string // accounts, each once
}

// resolve adds the accounts of a folded name: as it is, otherwise without what follows a plus,
// otherwise, for the two names that every server has (RFC 5321 §4.5.1), the first account.
func (w *walk) resolve(name string) {
	if _, alias := w.aliases[name]; alias && name != "*" {
		w.expand(name)
		return
	}
	if w.add(name) {
		return
	}
	if bare, _, found := strings.Cut(name, "+"); found && bare != "" {
		w.resolve(bare)
		return
	}
	if first, any := w.table.First(); any && (name == "postmaster" || name == "root") {
		w.add(first.Name)
	}
}

// expand adds the accounts of an alias. A name in it that no longer exists is skipped, so that the
// others get their mail.
func (w *walk) expand(alias string) {
	if slices.Contains(w.seen, alias) {
		return
	}
	w.seen = append(w.seen, alias)
	for _, target := range w.aliases[alias] {
		if target == alias {
			w.add(target) // the account that has the name of the alias
		} else {
			w.resolve(target)
		}
	}
}

// add adds an account, if there is one of that name.
func (w *walk) add(name string) bool {
	_, account := w.table.Lookup(name)
	if account && !slices.Contains(w.to, name) {
		w.to = append(w.to, name)
	}
	return account
}

// Dangling returns the names in aliases that lead to no account, sorted: mail for them is refused,
// or goes only to the others of the alias.
func (r *Routing) Dangling() []string {
	var names []string
	for alias, targets := range r.aliases {
		for _, target := range targets {
			w := walk{Routing: r}
			if target == alias {
				w.add(target)
			} else {
				w.resolve(target)
			}
			if len(w.to) == 0 {
				names = append(names, target)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

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
