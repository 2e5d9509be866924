package config

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"

	"pillarbox/appliance/names"
)

// A document is a parsed file. It is read with the parser of the TOML library alone: its decoder,
// which fills any Go type by reflection, would add a sixth of a megabyte to the program, for one
// file of a few lines.
type document struct {
	// By key: string, int64, float64, bool, time.Time, []any, map[string]any; nil is a date or a
	// time of day.
	values map[string]any

	where []position // of all keys, in the order they stand
}

// A syntaxError is why a file is not TOML, and where.
type syntaxError struct {
	text string
	at   span
}

func (e *syntaxError) Error() string { return e.text }

// readDocument reads a file. The error is a *syntaxError, and the first one: nothing after it can
// be read.
func readDocument(file []byte) (*document, error) {
	w := walker{file: file, root: newTable(headed)}
	w.table = w.root
	w.parser.Reset(file)
	for w.parser.NextExpression() {
		if err := w.expression(w.parser.Expression()); err != nil {
			return nil, err
		}
	}
	if err := w.parser.Error(); err != nil {
		at := span{length: 1}
		var parser *unstable.ParserError
		if errors.As(err, &parser) {
			at.offset = int(w.parser.Range(parser.Highlight).Offset)
		}
		return nil, &syntaxError{explain(file, err.Error(), at.offset), at}
	}
	return &document{w.root.values, w.where}, nil
}

// A walker goes through a file, line by line.
type walker struct {
	file   []byte
	parser unstable.Parser
	root   *table
	table  *table   // of the [header] above, with its path
	above  []string //
	line   span     // the key of the line
	where  []position
}

// clash returns the error for a name of this line that is taken.
func (w *walker) clash(c *clash, above, name []string) error {
	return &syntaxError{c.in(w.file, w.where, above, name), w.line}
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
	if trouble != nil {
		return w.clash(trouble, nil, parts)
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
	if trouble != nil {
		return w.clash(trouble, above, parts)
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

// value reads the value after "=". No key takes a number with a fraction or a time, so that for
// those their kind is enough.
func (w *walker) value(n *unstable.Node) (any, error) {
	switch n.Kind {
	case unstable.String:
		return string(n.Data), nil
	case unstable.Bool:
		return string(n.Data) == "true", nil
	case unstable.Integer:
		number, err := strconv.ParseInt(strings.ReplaceAll(string(n.Data), "_", ""), 0, 64)
		if err != nil {
			return nil, &syntaxError{fmt.Sprintf("the number %s is too large", n.Data), span{int(n.Raw.Offset), 1}}
		}
		return number, nil
	case unstable.Float:
		return 0.0, nil
	case unstable.DateTime:
		return time.Time{}, nil
	case unstable.Array:
		return w.list(n)
	case unstable.InlineTable: // in a list, which no key takes
		inline := walker{file: w.file, line: w.line}
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

// Locate returns err as the problem of a key whose value turned out to be wrong only when it was
// used, as the path of a file that is missing: a *Report with the place of the value in the file
// that c was read from. The file is read again, because the places are not kept in memory; if it
// cannot be read or the key is not written in it, the report has no place.
func (c *Config) Locate(key string, err error) error {
	p := Problem{Key: key, Text: key + ": " + err.Error()}
	report := &Report{File: c.File, cause: err}
	if c.File != "" {
		p = p.find(c.File)
	}
	report.Problems = []Problem{p}
	return report
}

// find returns the problem with the place of its key in a file, if it is written there.
func (p Problem) find(file string) Problem {
	content, err := os.ReadFile(file)
	if err != nil {
		return p
	}
	text, problem := utf8Text(content)
	if problem != nil {
		return p
	}
	read, err := readDocument(text)
	if err != nil {
		return p
	}
	for _, at := range read.where {
		if at.name() == p.Key {
			return p.place(text, at.value)
		}
	}
	return p
}

// lines returns the line of each key that the file has.
func (c *Config) lines() map[string]int {
	found := map[string]int{}
	content, err := os.ReadFile(c.File)
	if c.File == "" || err != nil {
		return found
	}
	text, problem := utf8Text(content)
	if problem != nil {
		return found
	}
	read, err := readDocument(text)
	if err != nil {
		return found
	}
	for _, at := range read.where {
		if !at.table {
			found[names.Fold(at.name())] = Problem{}.place(text, at.key).Line
		}
	}
	return found
}
