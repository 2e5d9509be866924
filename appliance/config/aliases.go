package config

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CatchAll is the alias for all names that are neither an account nor another alias.
const CatchAll = "*"

// aliases checks the table of aliases: valid names, no empty list, no chain that ends where it
// began. An alias may contain its own name: that is the account of this name, beside the others.
func (v *verdict) aliases(c *Config) {
	for _, name := range sortedKeys(c.Aliases) {
		key := aliasesTable + "." + name
		if name != CatchAll && !aliasName(name) {
			v.addf(key, "%q cannot be the name of an alias: it is 1 to 64 of a-z, 0-9, dot, hyphen, underscore, plus and letters beyond ASCII", name)
		}
		if len(c.Aliases[name]) == 0 {
			v.addf(key, "has no mailbox; delete the line, or name the accounts that get the mail")
		}
		for _, target := range c.Aliases[name] {
			switch {
			case strings.Contains(target, "@") && !aliasName(target):
				v.addf(key, "%q is not a local mailbox, and mail is not forwarded to other servers; write the name of an account. "+
					"The alerts of this machine leave through an account at a provider with devices = [\"local\"] in [remote.NAME]", target)
			case !aliasName(target):
				v.addf(key, "%q is not a local mailbox; write the name of an account or of another alias", target)
			}
		}
		if circle := circleFrom(c.Aliases, name); circle != nil {
			v.addf(key, "is an alias loop: %s", strings.Join(circle, " -> "))
		}
	}
}

// circleFrom returns the chain from an alias back to itself, or nil. Of each loop only the first
// name in the alphabet reports it.
func circleFrom(aliases map[string][]string, start string) []string {
	seen := map[string]bool{}
	var search func(way []string) []string
	search = func(way []string) []string {
		at := way[len(way)-1]
		for _, next := range aliases[at] {
			_, alias := aliases[next]
			switch {
			case !alias || next == at:
			case next == start:
				return append(slices.Clone(way), start)
			case next > start && !seen[next]:
				seen[next] = true
				if circle := search(append(slices.Clone(way), next)); circle != nil {
					return circle
				}
			}
		}
		return nil
	}
	return search([]string{start})
}

// aliasName reports whether there can be an alias of a name. Accounts are ASCII; an alias delivers
// mail for another name, as "jörg", to one. It is compared octet by octet: it has to be written as
// mail clients send it, which is the composed form of Unicode (NFC), in small letters.
func aliasName(name string) bool {
	if len(name) < 1 || len(name) > 64 || !utf8.ValidString(name) {
		return false
	}
	return strings.TrimFunc(name, func(r rune) bool {
		return strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._-+", r) ||
			r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
	}) == ""
}

func sortedKeys(aliases map[string][]string) []string {
	names := make([]string, 0, len(aliases))
	for name := range aliases {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
