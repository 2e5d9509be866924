package config

import "fmt"

// An origin says how a table of a file came to be, and with that what may be added to it (TOML 1.0, "Table").
type origin int

const (
	headed  origin = iota // by a [header] of its own, which may stand once
	implied               // by the header of a table below it; its own may follow
	dotted                // by a key with dots; more such keys may follow, a header not
	listed                // by a [[header]]; each makes the next one of the list
)

var originWords = [...]string{headed: "table", implied: "table", dotted: "kv-table", listed: "array-table"}

// A table is a table of a file while that is read.
type table struct {
	origin origin
	values map[string]any    // what is written in it, tables among them
	below  map[string]*table // the tables among them that may grow
}

func newTable(o origin) *table {
	return &table{o, map[string]any{}, map[string]*table{}}
}

// add makes a table below.
func (t *table) add(name string, o origin) *table {
	sub := newTable(o)
	t.below[name], t.values[name] = sub, sub.values
	return sub
}

// enter returns the table of a [header]. trouble is why it may not stand here, "" otherwise; so below.
func (t *table) enter(header []string) (*table, string) {
	t, name, trouble := t.descend(header)
	if trouble != "" {
		return nil, trouble
	}
	sub, grows := t.below[name]
	_, taken := t.values[name]
	switch {
	case !taken:
		return t.add(name, headed), ""
	case !grows:
		return nil, fmt.Sprintf("key %s should be a table, not a value", name)
	}
	switch sub.origin {
	case headed:
		return nil, fmt.Sprintf("table %s already exists", name)
	case dotted:
		return nil, fmt.Sprintf("table %s already exists as defined by a dotted key", name)
	case listed:
		return nil, fmt.Sprintf("table %s already exists as an array of tables", name)
	}
	sub.origin = headed
	return sub, ""
}

// enterList returns the table of a [[header]].
func (t *table) enterList(header []string) (*table, string) {
	t, name, trouble := t.descend(header)
	if trouble != "" {
		return nil, trouble
	}
	sub, grows := t.below[name]
	if _, taken := t.values[name]; taken && (!grows || sub.origin != listed) {
		was := "value"
		if grows {
			was = originWords[sub.origin]
		}
		return nil, fmt.Sprintf("key %s already exists as a %s, but should be an array table", name, was)
	}
	list, _ := t.values[name].([]any)
	next := t.add(name, listed)
	t.values[name] = append(list, next.values)
	return next, ""
}

// descend returns the table in which the last part of a header is a name, and that.
func (t *table) descend(header []string) (in *table, name, trouble string) {
	last := len(header) - 1
	for _, part := range header[:last] {
		sub, grows := t.below[part]
		if _, taken := t.values[part]; taken && !grows {
			return nil, "", fmt.Sprintf("key %s already exists as a value", part)
		}
		if !grows {
			sub = t.add(part, implied)
		}
		t = sub
	}
	return t, header[last], ""
}

// dotted returns the table in which the last part of a key is free.
func (t *table) dotted(key []string) (*table, string) {
	last := len(key) - 1
	for _, part := range key[:last] {
		sub, grows := t.below[part]
		if _, taken := t.values[part]; taken && (!grows || sub.origin != dotted) {
			return nil, fmt.Sprintf("key %s is already defined", part)
		}
		if !grows {
			sub = t.add(part, dotted)
		}
		t = sub
	}
	if _, taken := t.values[key[last]]; taken {
		return nil, fmt.Sprintf("key %s is already defined", key[last])
	}
	return t, ""
}
