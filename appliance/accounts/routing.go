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
