package measure

import (
	"fmt"
	"io"
	"math"
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
