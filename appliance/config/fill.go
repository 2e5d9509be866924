package config

import (
	"fmt"
	"slices"
	"strings"

	"pillarbox/appliance/names"
)

// fill stores the values of the file in c, key by key.
func (c *Config) fill(text []byte, values map[string]any, where []position) (problems []Problem) {
	table := c.keys()
	for _, ofAccounts := range []bool{false, true} { // accounts begin with the values of [retention]
		for _, p := range where {
			if p.ofAccount() != ofAccounts {
				continue
			}
			if slices.ContainsFunc(problems, func(above Problem) bool { return strings.HasPrefix(p.name(), above.Key+".") }) {
				continue // its table is reported
			}
			if trouble, mark := c.fillKey(table, values, p); trouble != "" {
				problems = append(problems, Problem{Key: p.name(), Text: trouble}.place(text, mark))
			}
		}
	}
	return problems
}

// fillKey stores one value, and returns the problem with it and the place to mark.
func (c *Config) fillKey(table []key, values map[string]any, p position) (trouble string, mark span) {
	if p.path[0] == aliasesTable && len(p.path) > 1 {
		return c.fillAlias(values, p)
	}
	if p.ofAccount() {
		return c.fillAccount(values, p)
	}
	if p.path[0] == remoteTable {
		return c.fillRemote(values, p)
	}
	name := p.name()
	for _, k := range table {
		switch {
		case k.name == name:
			value, found := lookUp(values, p.path)
			if !found {
				return "", span{} // below a list of tables, which is reported
			}
			if err := k.set(value); err != nil {
				return name + ": " + err.Error(), p.value
			}
			return "", span{}
		case p.table && strings.HasPrefix(k.name, name+"."):
			if value, _ := lookUp(values, p.path); kind(value) == "a list" {
				return fmt.Sprintf("[[%s]] is a list of tables; write [%s]", name, name), p.key
			}
			return "", span{}
		}
	}
	if name == aliasesTable {
		if p.table {
			return "", span{}
		}
		return `aliases: expects a table: [aliases] on a line of its own and below it lines as anna = ["otto"]`, p.value
	}
	if isTable(table, name) {
		return fmt.Sprintf("%s: expects a table: [%s] on a line of its own, and its keys below", name, name), p.key
	}
	what := "key"
	if p.table {
		what = "table"
	}
	hint := suggestion(table, p)
	if !p.table && names.Fold(p.path[len(p.path)-1]) == "quota" {
		hint = "; a quota belongs to one account: write it below [retention.accounts.NAME]"
	}
	return fmt.Sprintf("unknown %s %q%s", what, name, hint), p.key
}

// fillAlias stores one line of [aliases].
func (c *Config) fillAlias(values map[string]any, p position) (trouble string, mark span) {
	if len(p.path) > 2 || p.table {
		return fmt.Sprintf("aliases: a name with a dot is written in quotes: %q = [...]", strings.Join(p.path[1:], ".")), p.key
	}
	var to []string
	value, _ := lookUp(values, p.path)
	if err := texts(&to)(value); err != nil {
		return p.name() + ": " + err.Error(), p.value
	}
	name := names.Fold(p.path[1])
	if _, twice := c.Aliases[name]; twice {
		return fmt.Sprintf("aliases: %q is there twice; letter case makes no difference", name), p.key
	}
	for i := range to {
		to[i] = names.Fold(to[i])
	}
	c.Aliases[name] = to
	return "", span{}
}

// ofAccount reports whether a position is in [retention.accounts], or that table itself.
func (p position) ofAccount() bool {
	return len(p.path) >= 2 && p.path[0] == retentionTable && p.path[1] == accountsTable
}

// fillAccount stores one line below [retention.accounts], after the keys of [retention].
func (c *Config) fillAccount(values map[string]any, p position) (trouble string, mark span) {
	if value, _ := lookUp(values, p.path); len(p.path) <= 3 && !p.table || kind(value) == "a list" && p.table {
		return p.name() + ": expects a table: [retention.accounts.anna] on a line of its own, and its keys below", p.key
	}
	if len(p.path) == 2 {
		return "", span{}
	}
	name := names.Fold(p.path[2])
	if !accountName(name) {
		return fmt.Sprintf("retention.accounts: %q cannot be the name of an account: it is 1 to 64 of a-z, 0-9, dot, hyphen and underscore", p.path[2]), p.key
	}
	if c.Retention.Accounts == nil {
		c.Retention.Accounts = map[string]Keeping{}
	}
	own, known := c.Retention.Accounts[name]
	if !known {
		own = c.Retention.Keeping
	}
	defer func() { c.Retention.Accounts[name] = own }()
	switch {
	case len(p.path) == 3 && known:
		return fmt.Sprintf("retention.accounts: %q is there twice; letter case makes no difference", name), p.key
	case len(p.path) == 3:
		return "", span{}
	case len(p.path) > 4 || p.table:
		return fmt.Sprintf("retention.accounts: a name with a dot is written in quotes: [retention.accounts.%q]", strings.Join(p.path[2:], ".")), p.key
	}
	return own.fill(values, p)
}

// fill stores one key of an account.
func (k *Keeping) fill(values map[string]any, p position) (trouble string, mark span) {
	table, name := k.keys(), p.path[3]
	for _, row := range table {
		if row.name == name {
			value, _ := lookUp(values, p.path)
			if err := row.set(value); err != nil {
				return p.name() + ": " + err.Error(), p.value
			}
			return "", span{}
		}
	}
	hint := ""
	if best := nearest(table, position{path: []string{name}}); best != "" {
		hint = fmt.Sprintf("; did you mean %q?", strings.Join(p.path[:3], ".")+"."+best)
	}
	return fmt.Sprintf("unknown key %q%s", p.name(), hint), p.key
}

// fillRemote stores one line below [remote.NAME].
func (c *Config) fillRemote(values map[string]any, p position) (trouble string, mark span) {
	if value, _ := lookUp(values, p.path); len(p.path) <= 2 && !p.table || kind(value) == "a list" && p.table {
		return p.name() + ": expects a table: [remote.NAME] on a line of its own, and its keys below", p.key
	}
	if len(p.path) == 1 {
		return "", span{}
	}
	name := p.path[1]
	if !newName(name) {
		return fmt.Sprintf("remote: %q cannot be the name of a remote account: it is 1 to 64 of a-z, 0-9, dot, hyphen and underscore, and does not begin with a dot or hyphen or end in .new", name), p.key
	}
	r, known := c.Remote[name]
	if !known {
		r = newRemote()
	}
	defer func() {
		if c.Remote == nil {
			c.Remote = map[string]Remote{}
		}
		c.Remote[name] = r
	}()
	switch {
	case len(p.path) == 2:
		return "", span{}
	case len(p.path) > 3 || p.table:
		return fmt.Sprintf("remote: a name with a dot is written in quotes: [remote.%q]", strings.Join(p.path[1:], ".")), p.key
	}
	return r.fill(values, p)
}

// fill stores one key of a remote account.
func (r *Remote) fill(values map[string]any, p position) (trouble string, mark span) {
	table, name := r.keys(), p.path[2]
	for _, row := range table {
		if row.name == name {
			value, _ := lookUp(values, p.path)
			if err := row.set(value); err != nil {
				return p.name() + ": " + err.Error(), p.value
			}
			return "", span{}
		}
	}
	hint := ""
	if best := nearest(table, position{path: []string{name}}); best != "" {
		hint = fmt.Sprintf("; did you mean %q?", strings.Join(p.path[:2], ".")+"."+best)
	}
	return fmt.Sprintf("unknown key %q%s", p.name(), hint), p.key
}

// lookUp finds the value of a path.
func lookUp(values map[string]any, path []string) (value any, found bool) {
	value = values
	for _, part := range path {
		table, ok := value.(map[string]any)
		if !ok {
			return value, false
		}
		if value, found = table[part]; !found {
			return nil, false
		}
	}
	return value, true
}
