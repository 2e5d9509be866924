package config

import (
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
