package measure

import (
	"fmt"
	"math"
	"os"
)

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
