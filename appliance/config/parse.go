package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pillarbox/appliance/names"
)

// Parse reads the text of a file and completes it with env; file is its name for the report.
// The error is a *Report.
func Parse(file string, text []byte, env Environment) (*Config, error) {
	text, problem := utf8Text(text)
	if problem != nil {
		return nil, &Report{File: file, Problems: []Problem{*problem}}
	}
	read, err := readDocument(text)
	if err != nil {
		return nil, &Report{File: file, Problems: []Problem{syntaxProblem(text, err)}}
	}
	c := Default()
	c.File = file
	problems := c.fill(text, read.values, read.where)
	marks := make(map[string]span, len(read.where))
	for _, p := range read.where {
		marks[names.Fold(p.name())] = p.value
	}
	problems = append(problems, c.fillVariables(env, marks)...)
	c.Complete(env)
	for _, p := range c.byVariable(c.Validate()) {
		mark, written := marks[p.Key]
		if written {
			p = p.place(text, mark)
		}
		if !written || !about(problems, p.Key) { // a value that could not be read has a problem already
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		sortByLine(problems)
		return nil, &Report{File: file, Problems: problems}
	}
	return c, nil
}

// syntaxProblem returns the problem for an error of readDocument.
func syntaxProblem(text []byte, err error) Problem {
	p := Problem{Text: err.Error()}
	var wrong *syntaxError
	if !errors.As(err, &wrong) {
		return p
	}
	return p.place(text, span{wrong.at.offset, 1})
}

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

// about reports whether there is a problem of key already.
func about(problems []Problem, key string) bool {
	for _, p := range problems {
		if p.Key == key {
			return true
		}
	}
	return false
}
