package bench

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"pillarbox/cmd/pillarbench/server"
)

// A spec is the description of a table in a document: the comment above the table. Its first line
// is the head of the first column, then there is a line for each other column, an empty line, and
// a line for each row: "label = value". The value of a row is a pattern "about | name | heads" and,
// optionally, "| format"; a "*" in the pattern stands for the value of the column. about, name and
// head identify a figure, see measure.Notes. A head may end in a factor, as "CPU ms x1000". The
// value of a column may end in a format as well.
type spec struct {
	corner  string // the head of the first column
	columns [][2]string
	rows    [][2]string
}

// Marks of a table in a document.
const (
	specBegins = "<!-- table"
	specEnds   = "-->"
	tableEnds  = "<!-- end of table -->"
)

// Tables replaces the tables of a Markdown document by those that its specs and the notes in a
// file describe.
func Tables(notes string, document []byte) ([]byte, error) {
	file, err := os.Open(notes)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	figures, err := readNotes(file)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for {
		before, rest, found := bytes.Cut(document, []byte(specBegins+"\n"))
		out.Write(before)
		if !found {
			return out.Bytes(), nil
		}
		text, rest, closed := bytes.Cut(rest, []byte(specEnds+"\n"))
		_, after, ended := bytes.Cut(rest, []byte(tableEnds+"\n"))
		if !closed || !ended {
			return nil, fmt.Errorf("a table is not closed by %q and %q", specEnds, tableEnds)
		}
		s, err := parseSpec(string(text))
		if err != nil {
			return nil, err
		}
		table, err := s.table(figures)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%s\n%s%s\n\n%s\n%s\n", specBegins, text, specEnds, table, tableEnds)
		document = after
	}
}

// parseSpec parses a spec: the columns, the first of which has only a label, an empty line, and
// the rows.
func parseSpec(text string) (s spec, err error) {
	columns, rows, _ := strings.Cut(text, "\n\n")
	corner, columns, _ := strings.Cut(columns, "\n")
	s.corner = strings.TrimSpace(corner)
	if s.columns, err = parsePairs(columns); err != nil {
		return s, err
	}
	if s.rows, err = parsePairs(rows); err == nil && (len(s.columns) == 0 || len(s.rows) == 0) {
		err = fmt.Errorf("the table %q has no columns or no rows", s.corner)
	}
	return s, err
}

// parsePairs parses lines "label = value".
func parsePairs(text string) (pairs [][2]string, err error) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		label, value, ok := strings.Cut(line, " = ")
		if !ok {
			return nil, fmt.Errorf("%q is not a line \"label = value\" of a table", line)
		}
		pairs = append(pairs, [2]string{strings.TrimSpace(label), strings.TrimSpace(value)})
	}
	return pairs, nil
}

// table returns the Markdown of the table. A cell without figures is empty; a row without any is
// an error.
func (s spec) table(figures map[[2]string][]figure) (string, error) {
	heads := []string{s.corner}
	for _, c := range s.columns {
		heads = append(heads, c[0])
	}
	emphasis := s.compares()
	var out strings.Builder
	fmt.Fprintf(&out, "| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat(" --- |", len(heads)))
	for _, row := range s.rows {
		cells, some := []string{row[0]}, false
		for _, c := range s.columns {
			cell, err := cellOf(row[1], c[1], emphasis, figures)
			if err != nil {
				return "", fmt.Errorf("row %q: %w", row[0], err)
			}
			cells, some = append(cells, cell), some || cell != ""
		}
		if !some {
			return "", fmt.Errorf("row %q: there are no figures for %q", row[0], row[1])
		}
		line := "| " + strings.Join(cells, " | ") + " |\n"
		out.WriteString(strings.ReplaceAll(strings.ReplaceAll(line, "|  |", "| |"), "|  |", "| |"))
	}
	return out.String(), nil
}

// compares reports whether the table has figures of several servers.
func (s spec) compares() bool {
	names := map[string]bool{}
	for _, row := range s.rows {
		for _, c := range s.columns {
			if parts := strings.Split(row[1], " | "); len(parts) > 1 {
				column, _, _ := strings.Cut(c[1], " | ")
				names[strings.ReplaceAll(parts[1], "*", column)] = true
			}
		}
	}
	return len(names) > 1
}

// cellOf returns the cell of a pattern and the value of a column. If emphasis is set, the first
// figure of pillarbox is bold.
func cellOf(pattern, column string, emphasis bool, figures map[[2]string][]figure) (string, error) {
	column, columnFormat, _ := strings.Cut(column, " | ")
	parts := strings.Split(pattern, " | ")
	if len(parts) < 3 || len(parts) > 4 {
		return "", errors.New(`the pattern is not "about | name | heads [| format]"`)
	}
	for i := range parts[:3] {
		parts[i] = strings.ReplaceAll(parts[i], "*", column)
	}
	format := columnFormat
	if len(parts) == 4 {
		format = parts[3]
	}
	var values []string
	for head := range strings.SplitSeq(parts[2], ", ") {
		factor := 1.0
		if name, text, found := strings.Cut(head, " x"); found {
			var err error
			if factor, err = strconv.ParseFloat(text, 64); err == nil {
				head = name
			} else {
				factor = 1
			}
		}
		for _, f := range figures[[2]string{parts[0], head}] {
			if f.name == parts[1] {
				values = append(values, digits(f.value*factor))
			}
		}
	}
	return layOut(values, format, emphasis && parts[1] == server.Own), nil
}

// layOut puts the figures of a cell into its format, in which each "#" stands for one. Without a
// format, or if a figure is missing, they are "first (second)".
func layOut(values []string, format string, bold bool) string {
	if len(values) == 0 {
		return ""
	}
	if format == "" || strings.Count(format, "#") != len(values) {
		format = "#"
		if len(values) > 1 {
			format = "# (" + strings.TrimSuffix(strings.Repeat("#, ", len(values)-1), ", ") + ")"
		}
	}
	for i, v := range values {
		if bold && i == 0 {
			v = "**" + v + "**"
		}
		format = strings.Replace(format, "#", v, 1)
	}
	return format
}

// digits writes a figure with three digits, or all those of a whole number, without zeros at the
// end of a fraction, and with commas from 10,000 on.
func digits(v float64) string {
	unit := 100.0
	switch size := math.Abs(v); {
	case size >= 99.95:
		unit = 1
	case size >= 9.995:
		unit = 10
	}
	return commas(strconv.FormatFloat(math.Round(v*unit)/unit, 'f', -1, 64))
}

// commas inserts a comma before each three digits of a whole number of at least five.
func commas(text string) string {
	if len(text) < 5 || strings.Contains(text, ".") {
		return text
	}
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
