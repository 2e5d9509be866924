package accounts

import (
	"errors"
	"slices"
	"strings"
)

// What Route can say.
var (
	// ErrForeign: mail for that domain is not delivered here.
	ErrForeign = errors.New("not a domain of this box")
	// ErrNobody: the domain is ours, the name is nobody's.
	ErrNobody = errors.New("no such mailbox here")
)

// Routing says whose mail an address is. It is not changed after New.
type Routing struct {
	table   *Table
	domains map[string]bool     // folded
	aliases map[string][]string // folded
}

// NewRouting makes a routing for mail to hostname, its short form, localhost and domains. The aliases are as the
// configuration has validated them: folded, and without circles, but an alias may name itself.
func NewRouting(table *Table, hostname string, domains []string, aliases map[string][]string) *Routing {
	r := &Routing{table, map[string]bool{"": true, "localhost": true}, aliases}
	short, _, _ := strings.Cut(hostname, ".")
	for _, domain := range append([]string{hostname, short}, domains...) {
		r.domains[Fold(domain)] = true
	}
	return r
}

// Ours says whether mail for a domain is delivered here; "" is no domain at all.
func (r *Routing) Ours(domain string) bool {
	return r.domains[Fold(strings.TrimSuffix(domain, "."))]
}

// Route returns the accounts that get the mail of local@domain, each once. domain is "" for
// a bare name. The error is ErrForeign or ErrNobody.
func (r *Routing) Route(local, domain string) ([]string, error) {
	if !r.Ours(domain) {
		return nil, ErrForeign
	}
	w := walk{Routing: r}
	if w.resolve(Fold(local)); len(w.to) == 0 {
		w.expand("*")
	}
	if len(w.to) == 0 {
		return nil, ErrNobody
	}
	return w.to, nil
}

// Owns says whether local@domain is an account's own address: mail for it comes to the account, perhaps
// to others as well.
func (r *Routing) Owns(account, local, domain string) bool {
	to, err := r.Route(local, domain)
	return err == nil && slices.Contains(to, account)
}

// A walk follows one address to its accounts.
type walk struct {
	*Routing
	seen []string // aliases that were followed: no alias is followed twice
	to   []string // accounts, each once
}

// resolve adds the accounts behind a folded name: as it is, else without what follows a plus, else, for the two
// names that every box has (RFC 5321 §4.5.1), the first account.
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

// expand adds the accounts behind an alias. A name in it that is nobody's any more is passed over, so that
// the others get their mail.
func (w *walk) expand(alias string) {
	if slices.Contains(w.seen, alias) {
		return
	}
	w.seen = append(w.seen, alias)
	for _, target := range w.aliases[alias] {
		if target == alias {
			w.add(target) // the account beside the alias of its name
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

// Dangling returns the names in aliases that lead to no account, sorted: mail for them is
// refused, or goes to the others of the alias only.
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
