package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// A column of a Markdown table: its head, the format of a figure, and the figure of one run. NaN is
// printed as "-".
type column[R any] struct {
	head, format string
	figure       func(R) float64
}

// heading prints the first two lines of a table.
func heading[R any](out io.Writer, labels []string, columns []column[R]) {
	heads := slices.Clone(labels)
	for _, c := range columns {
		heads = append(heads, c.head)
	}
	fmt.Fprintf(out, "| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat(" --- |", len(heads)))
}

// row prints the median of the runs, column by column.
func row[R any](out io.Writer, labels []string, columns []column[R], runs []R) {
	cells := slices.Clone(labels)
	for _, c := range columns {
		figures := make([]float64, len(runs))
		for i, r := range runs {
			figures[i] = c.figure(r)
		}
		cell := "-"
		if m := median(figures); !math.IsNaN(m) {
			cell = fmt.Sprintf(c.format, m)
		}
		cells = append(cells, cell)
	}
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

// median of at least one figure; of an even number the mean of the middle two.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
