package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A span is a part of the file that is marked.
type span struct{ offset, length int }

// A position is where one key and its value stand.
type position struct {
	path       []string // the key's parts
	table      bool     // a [header]: there is no value beside it
	key, value span
}

// name is the key as it is reported and looked up: parts joined by dots.
func (p position) name() string { return strings.Join(p.path, ".") }

// keyOf returns the parts of a key and its place.
func keyOf(e *unstable.Node) (parts []string, mark span) {
	for it := e.Key(); it.Next(); {
		node := it.Node()
		if len(parts) == 0 {
			mark = span{offset: int(node.Raw.Offset)}
		}
		mark.length = int(node.Raw.Offset+node.Raw.Length) - mark.offset
		parts = append(parts, string(node.Data))
	}
	return parts, mark
}

// spanOf returns the place of a value; for a list, from its first to its last part. An empty list
// has no place of its own, so that its key is marked.
func spanOf(value *unstable.Node, key span) span {
	if value.Kind != unstable.Array {
		if value.Raw.Length == 0 {
			return key
		}
		return span{int(value.Raw.Offset), int(value.Raw.Length)}
	}
	mark, empty := key, true
	for children := value.Children(); children.Next(); {
		part := spanOf(children.Node(), span{})
		switch {
		case part.length == 0:
		case empty:
			mark, empty = part, false
		default:
			mark.length = part.offset + part.length - mark.offset
		}
	}
	return mark
}

// An origin is how a table of a file was made, and with that what may be added to it (TOML 1.0,
// "Table").
type origin int

const (
	headed  origin = iota // by a [header] of its own, which may stand once
	implied               // by the header of a table below it; its own may follow
	dotted                // by a key with dots; more such keys may follow, a header not
	listed                // by a [[header]]; each adds a table to the list
)

// A table is a table of a file while that is read.
type table struct {
	origin origin
	values map[string]any    // what is written in it, tables among them
	below  map[string]*table // the tables among them that may grow
}

func newTable(o origin) *table {
	return &table{o, map[string]any{}, map[string]*table{}}
}

// add adds a table below.
func (t *table) add(name string, o origin) *table {
	sub := newTable(o)
	t.below[name], t.values[name] = sub, sub.values
	return sub
}

// A clash is why a name may not be used again: its first parts are taken.
type clash struct {
	parts int    // of the name, that are taken
	words string // with %s for the name and its place: "pop3 is set twice"
}

// The kinds of clashes. %[1]s is the name, %[2]s is where it stands first, as ", first on line 3".
const (
	clashSet    = "%[1]s is set twice%[2]s; delete one of the lines"
	clashHeader = "[%[1]s] is there twice%[2]s; put all of its keys below one [%[1]s]"
	clashValue  = "%[1]s is a key and a table%[2]s; it can only be one of them"
	clashList   = "%[1]s is a table and a list of tables%[2]s; write [%[1]s], once"
	clashDotted = "the keys of %[1]s are written in two ways%[2]s; put all of them below one [%[1]s]"
)

// in returns the words of a clash of a name below the path above, in a file of which the keys at
// where are read.
func (c *clash) in(file []byte, where []position, above, name []string) string {
	taken := strings.Join(append(append([]string{}, above...), name[:c.parts]...), ".")
	for _, p := range where {
		if p.name() == taken || strings.HasPrefix(p.name(), taken+".") {
			first := bytes.Count(file[:p.key.offset], []byte("\n")) + 1
			return fmt.Sprintf(c.words, taken, fmt.Sprintf(", first on line %d", first))
		}
	}
	return fmt.Sprintf(c.words, taken, "")
}

// enter returns the table of a [header]. The clash is nil if it may stand here; so below.
func (t *table) enter(header []string) (*table, *clash) {
	t, name, trouble := t.descend(header)
	if trouble != nil {
		return nil, trouble
	}
	sub, grows := t.below[name]
	_, taken := t.values[name]
	switch {
	case !taken:
		return t.add(name, headed), nil
	case !grows:
		return nil, &clash{len(header), clashValue}
	}
	switch sub.origin {
	case headed:
		return nil, &clash{len(header), clashHeader}
	case dotted:
		return nil, &clash{len(header), clashDotted}
	case listed:
		return nil, &clash{len(header), clashList}
	}
	sub.origin = headed
	return sub, nil
}

// enterList returns the table of a [[header]].
func (t *table) enterList(header []string) (*table, *clash) {
	t, name, trouble := t.descend(header)
	if trouble != nil {
		return nil, trouble
	}
	sub, grows := t.below[name]
	if _, taken := t.values[name]; taken && (!grows || sub.origin != listed) {
		words := clashValue
		if grows {
			words = clashList
		}
		return nil, &clash{len(header), words}
	}
	list, _ := t.values[name].([]any)
	next := t.add(name, listed)
	t.values[name] = append(list, next.values)
	return next, nil
}

// descend returns the table in which the last part of a header is a name, and that name.
func (t *table) descend(header []string) (in *table, name string, trouble *clash) {
	last := len(header) - 1
	for i, part := range header[:last] {
		sub, grows := t.below[part]
		if _, taken := t.values[part]; taken && !grows {
			return nil, "", &clash{i + 1, clashValue}
		}
		if !grows {
			sub = t.add(part, implied)
		}
		t = sub
	}
	return t, header[last], nil
}

// dotted returns the table in which the last part of a key is free.
func (t *table) dotted(key []string) (*table, *clash) {
	last := len(key) - 1
	for i, part := range key[:last] {
		sub, grows := t.below[part]
		if _, taken := t.values[part]; taken && (!grows || sub.origin != dotted) {
			words := clashValue
			if grows {
				words = clashDotted
			}
			return nil, &clash{i + 1, words}
		}
		if !grows {
			sub = t.add(part, dotted)
		}
		t = sub
	}
	if _, taken := t.values[key[last]]; taken {
		return nil, &clash{len(key), clashSet}
	}
	return t, nil
}
