package measure

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// A Column of a Markdown table has a head, the format of a figure, and the figure of one run. NaN
// is printed as "-".
type Column[R any] struct {
	Head, Format string
	Figure       func(R) float64
}

// Heading prints the first two lines of a table.
func Heading[R any](out io.Writer, labels []string, columns []Column[R]) {
	heads := slices.Clone(labels)
	for _, c := range columns {
		heads = append(heads, c.Head)
	}
	fmt.Fprintf(out, "| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat(" --- |", len(heads)))
}

// Row prints a row with the median of the runs in each column.
func Row[R any](out io.Writer, labels []string, columns []Column[R], runs []R) {
	cells := slices.Clone(labels)
	for _, c := range columns {
		figures := make([]float64, len(runs))
		for i, r := range runs {
			figures[i] = c.Figure(r)
		}
		cell := "-"
		if m := Median(figures); !math.IsNaN(m) {
			cell = fmt.Sprintf(c.Format, m)
		}
		cells = append(cells, cell)
	}
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

// Median returns the median of at least one figure. Of an even number it is the mean of the
// middle two.
func Median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Notes append the figures of all tables to a file, one a line, for the plot and the tables of
// README.md: row, server, column, value.
type Notes struct {
	file *os.File // nil if no file was named
	what string   // the subcommand
}

func (n *Notes) Open(what, path string) (err error) {
	n.what = what
	if path != "" {
		n.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	}
	return err
}

func (n *Notes) Add(about, name, head string, figure float64) {
	if n.file != nil && !math.IsNaN(figure) {
		fmt.Fprintf(n.file, "%s %s\t%s\t%s\t%g\n", n.what, about, name, head, figure)
	}
}

// AddRow adds the medians of the runs in each column.
func AddRow[R any](n *Notes, about, name string, columns []Column[R], runs []R) {
	for _, c := range columns {
		figures := make([]float64, len(runs))
		for i, r := range runs {
			figures[i] = c.Figure(r)
		}
		n.Add(about, name, c.Head, Median(figures))
	}
}
