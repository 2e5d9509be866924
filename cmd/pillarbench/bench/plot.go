package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// A panel is a bar chart of the plot: it has the row and the column of its notes, and the format
// of a figure.
type panel struct {
	title  string
	about  string
	head   string
	scale  float64
	format string
}

// panels are the charts of the plot, two in each row.
var panels = [...]panel{
	{"Mail out, 10 MiB: CPU seconds a GB", "retr 10 MiB plain 1 1", measure.CPUGiga.Head, 1, "%.2f"},
	{"The same over TLS", "retr 10 MiB TLS 1 1", measure.CPUGiga.Head, 1, "%.2f"},
	{"Mail out, 4 KiB, one by one: CPU µs a message", "retr 4 KiB plain 1 1", measure.CPUMicro.Head, 1, "%.0f"},
	{"Mail out, 4 KiB, 32 commands at once: CPU µs a message", "retr 4 KiB plain 32 1", measure.CPUMicro.Head, 1, "%.1f"},
	{"Mail in, 4 KiB, 1 sender: CPU ms a message", "ingest 4 KiB 1", measure.CPUMicro.Head, 1e-3, "%.2f"},
	{"Mail in, 4 KiB, 16 senders: CPU ms a message", "ingest 4 KiB 16", measure.CPUMicro.Head, 1e-3, "%.2f"},
	{"Login, STAT, LIST, UIDL, 10,000 messages: CPU ms", "login 10000 next", "CPU ms", 1, "%.1f"},
	{"The same, 100,000 messages", "login 100000 next", "CPU ms", 1, "%.0f"},
}

// A figure is the value of one bar.
type figure struct {
	name  string
	value float64
}

// Plot draws the notes in a file as SVG.
func Plot(path string, out io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	figures, err := readNotes(file)
	if err != nil {
		return err
	}
	return draw(out, figures)
}

// readNotes returns the figures by row and column. Of two notes of the same figure the later one
// counts. Lines that begin with "#" are comments.
func readNotes(in io.Reader) (map[[2]string][]figure, error) {
	figures := map[[2]string][]figure{}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 4 {
			return nil, fmt.Errorf("a note has %d fields, want 4: %q", len(fields), lines.Text())
		}
		value, err := strconv.ParseFloat(fields[3], 64)
		if err != nil {
			return nil, fmt.Errorf("note %q: %w", lines.Text(), err)
		}
		key := [2]string{fields[0], fields[2]}
		figures[key] = slices.DeleteFunc(figures[key], func(f figure) bool { return f.name == fields[1] })
		figures[key] = append(figures[key], figure{fields[1], value})
	}
	return figures, nil
}

// Sizes in pixels.
const (
	plotWidth, plotMargin = 920, 24
	panelWidth            = (plotWidth - 3*plotMargin) / 2
	barHeight, barStep    = 16, 22
	nameWidth, valueWidth = 112, 62
	titleHeight           = 28
)

// draw writes the panels that have figures.
func draw(out io.Writer, figures map[[2]string][]figure) error {
	var drawn strings.Builder
	y, tallest, column := plotMargin, 0, 0
	for _, p := range panels {
		bars := figures[[2]string{p.about, p.head}]
		if len(bars) == 0 {
			continue
		}
		p.draw(&drawn, plotMargin+column*(panelWidth+plotMargin), y, bars)
		tallest = max(tallest, titleHeight+len(bars)*barStep+plotMargin/2)
		if column = 1 - column; column == 0 {
			y, tallest = y+tallest, 0
		}
	}
	_, err := fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="system-ui,sans-serif" font-size="12">
<rect width="100%%" height="100%%" rx="8" fill="#ffffff"/>
%s</svg>
`, plotWidth, y+tallest+plotMargin/2, drawn.String())
	return err
}

// draw writes a bar chart, the smallest figure on top.
func (p panel) draw(out io.Writer, x, y int, bars []figure) {
	slices.SortStableFunc(bars, func(a, b figure) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	fmt.Fprintf(out, "<text x=\"%d\" y=\"%d\" font-weight=\"600\" fill=\"#1f2328\">%s</text>\n", x, y+14, p.title)
	most := bars[len(bars)-1].value
	for i, b := range bars {
		top := y + titleHeight + i*barStep
		width := 1.0
		if most > 0 {
			width = max(1, b.value/most*(panelWidth-nameWidth-valueWidth))
		}
		fill := "#8aa4c8"
		switch b.name {
		case server.Own:
			fill = "#c8102e"
		case "floor":
			fill = "#b8bcc2"
		}
		fmt.Fprintf(out, "<text x=\"%d\" y=\"%d\" fill=\"#57606a\">%s</text>\n", x, top+12, b.name)
		fmt.Fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/>\n", x+nameWidth, top, width, barHeight, fill)
		fmt.Fprintf(out, "<text x=\"%.1f\" y=\"%d\" fill=\"#1f2328\">"+p.format+"</text>\n", float64(x+nameWidth)+width+6, top+12, b.value*p.scale)
	}
}
