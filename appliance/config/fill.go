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
