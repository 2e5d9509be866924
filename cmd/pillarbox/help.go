package main

import (
	"fmt"
	"strings"

	"pillarbox/appliance/config"
)

// helpWidth is how many columns the help and the usage lines have at most.
const helpWidth = 80

// overview is the help of the program: one line a command.
func overview(table []command) string {
	var b strings.Builder
	b.WriteString("pillarbox: a mail server for a home network\n\nusage: pillarbox COMMAND [ARGUMENT...]\n\n")
	writeRows(&b, table)
	fmt.Fprintf(&b, "\nRun \"pillarbox help COMMAND\" for the arguments and flags of a command.\n"+
		"Without -config, a command reads %s if it exists.\nTo begin: pillarbox serve\n", config.SystemFile)
	return b.String()
}

// writeRows writes one line a command.
func writeRows(b *strings.Builder, rows []command) {
	width := 0
	for _, row := range rows {
		width = max(width, len(row.word()))
	}
	for _, row := range rows {
		writeColumns(b, width, row.word(), row.does)
	}
}

// writeColumns writes a name and the text beside it, in lines of at most helpWidth columns.
func writeColumns(b *strings.Builder, width int, name, text string) {
	for i, line := range wrap(text, helpWidth-width-4) {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(b, "  %-*s  %s\n", width, name, line)
	}
}

// wrap breaks a text at blanks into lines of at most width columns.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// help is the help of one command.
func (c command) help() string {
	var b strings.Builder
	b.WriteString(c.usage())
	for _, paragraph := range strings.Split(sentence(c.does)+"."+c.more, "\n") {
		b.WriteString("\n" + strings.Join(wrap(paragraph, helpWidth), "\n") + "\n")
	}
	if len(c.below) > 0 {
		b.WriteString("\n")
		writeRows(&b, c.below)
		fmt.Fprintf(&b, "\nRun \"pillarbox help %s COMMAND\" for the arguments and flags.\n", c.name)
		return b.String()
	}
	if flags := c.explained(); len(flags) > 0 {
		width := 0
		for _, f := range flags {
			width = max(width, len(f.name))
		}
		b.WriteString("\n")
		for _, f := range flags {
			writeColumns(&b, width, f.name, f.does)
		}
	}
	return b.String()
}

// usage is how the command is called, in lines of at most helpWidth columns.
func (c command) usage() string {
	args := c.args
	if len(c.below) > 0 {
		args = "COMMAND [ARGUMENT...]"
	}
	const lead = "usage: pillarbox "
	lines := wrap(glue(args), helpWidth-len(lead)-len(c.name)-1)
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, together, " ")
	}
	indent := "\n" + strings.Repeat(" ", len(lead)+len(c.name)+1)
	return strings.TrimSuffix(lead+c.name+" "+strings.Join(joinBrackets(lines), indent), " ") + "\n"
}

// together is in the place of a blank at which no line ends.
const together = "\x00"

// glue keeps the two words of an optional argument on one line.
func glue(args string) string {
	words := strings.Split(args, " ")
	var b strings.Builder
	for i, word := range words {
		b.WriteString(word)
		switch {
		case i+1 == len(words):
		case strings.HasPrefix(word, "[") && !strings.Contains(word, "]") && strings.HasSuffix(words[i+1], "]"):
			b.WriteString(together)
		default:
			b.WriteString(" ")
		}
	}
	return b.String()
}

// joinBrackets moves the words of an optional argument that wrap has cut to the next line.
func joinBrackets(lines []string) []string {
	for i := 0; i+1 < len(lines); i++ {
		open := strings.LastIndexByte(lines[i], '[')
		if open > 0 && !strings.Contains(lines[i][open:], "]") {
			lines[i+1] = lines[i][open:] + " " + lines[i+1]
			lines[i] = strings.TrimRight(lines[i][:open], " ")
		}
	}
	return lines
}

// showHelp shows the overview, or the help of a command.
func showHelp(c *call) error {
	text := overview(c.table)
	if len(c.args) > 0 {
		row, rest, err := lookUp(c.table, c.args)
		if err != nil {
			return errLine{err}
		}
		if len(rest) > 0 {
			return errUsage{fmt.Sprintf("unexpected argument %q", rest[0])}
		}
		text = row.help()
	}
	_, err := fmt.Fprint(c.stdout, text)
	return err
}
