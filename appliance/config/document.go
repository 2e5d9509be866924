package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A document is a file as it was read. The parser of TOML alone stands below it: a decoder that fills any Go
// type by reflection would be a sixth of a megabyte of flash, for one file of a few lines.
type document struct {
	values map[string]any // by key: string, int64, float64, bool, time.Time, []any, map[string]any; nil is a date or a time of day
	where  []position     // of all keys, in the order they stand
}

// A syntaxError is what makes a file no TOML, and where that shows.
type syntaxError struct {
	text string
	at   span
}

func (e *syntaxError) Error() string { return e.text }

// readDocument reads a file. The error is a *syntaxError, and the first one: nothing behind it can be read.
func readDocument(file []byte) (*document, error) {
	w := walker{root: newTable(headed)}
	w.table = w.root
	w.parser.Reset(file)
	for w.parser.NextExpression() {
		if err := w.expression(w.parser.Expression()); err != nil {
			return nil, err
		}
	}
	if err := w.parser.Error(); err != nil {
		wrong := &syntaxError{text: err.Error()}
		var at *unstable.ParserError
		if errors.As(err, &at) {
			wrong.at = span{int(w.parser.Range(at.Highlight).Offset), 1}
		}
		return nil, wrong
	}
	return &document{w.root.values, w.where}, nil
}

// A walker goes through a file, line by line.
type walker struct {
	parser unstable.Parser
	root   *table
	table  *table   // of the [header] above, with its path
	above  []string //
	line   span     // the key of the line
	where  []position
}

// expression reads a header, or one "key = value".
func (w *walker) expression(e *unstable.Node) error {
	parts, mark := keyOf(e)
	w.line = mark
	if e.Kind == unstable.KeyValue {
		return w.keyValue(w.table, w.above, e)
	}
	enter := w.root.enter
	if e.Kind == unstable.ArrayTable {
		enter = w.root.enterList
	}
	table, trouble := enter(parts)
	if trouble != "" {
		return &syntaxError{trouble, w.line}
	}
	w.table, w.above = table, parts
	w.where = append(w.where, position{path: parts, table: true, key: mark, value: mark})
	return nil
}

// keyValue reads one "key = value" below the path above, and those of an inline table.
func (w *walker) keyValue(t *table, above []string, e *unstable.Node) error {
	parts, mark := keyOf(e)
	path := append(append([]string{}, above...), parts...)
	t, trouble := t.dotted(parts)
	if trouble != "" {
		return &syntaxError{trouble, w.line}
	}
	name, value := parts[len(parts)-1], e.Value()
	if value.Kind != unstable.InlineTable {
		read, err := w.value(value)
		t.values[name] = read
		w.where = append(w.where, position{path: path, key: mark, value: spanOf(value, mark)})
		return err
	}
	w.where = append(w.where, position{path: path, table: true, key: mark, value: mark})
	inline := newTable(headed)
	t.values[name] = inline.values
	for children := value.Children(); children.Next(); {
		if err := w.keyValue(inline, path, children.Node()); err != nil {
			return err
		}
	}
	return nil
}

// value reads what stands behind the "=". No key takes a number with a fraction or a time: their kind is enough.
func (w *walker) value(n *unstable.Node) (any, error) {
	switch n.Kind {
	case unstable.String:
		return string(n.Data), nil
	case unstable.Bool:
		return string(n.Data) == "true", nil
	case unstable.Integer:
		number, err := strconv.ParseInt(strings.ReplaceAll(string(n.Data), "_", ""), 0, 64)
		if err != nil {
			return nil, &syntaxError{fmt.Sprintf("%s is too large a number", n.Data), span{int(n.Raw.Offset), 1}}
		}
		return number, nil
	case unstable.Float:
		return 0.0, nil
	case unstable.DateTime:
		return time.Time{}, nil
	case unstable.Array:
		return w.list(n)
	case unstable.InlineTable: // in a list, where none is taken
		inline := walker{line: w.line}
		table := newTable(headed)
		for children := n.Children(); children.Next(); {
			if err := inline.keyValue(table, nil, children.Node()); err != nil {
				return nil, err
			}
		}
		return table.values, nil
	}
	return nil, nil
}

// list reads the values of a list.
func (w *walker) list(n *unstable.Node) (any, error) {
	values := []any{}
	for children := n.Children(); children.Next(); {
		value, err := w.value(children.Node())
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}
