package config

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// A Problem is one mistake of a configuration.
type Problem struct {
	Key  string // the key, "" for a syntax error
	Text string // what is wrong and what is possible

	Variable string // the environment variable that was read; "": the file

	Line, Column int    // the place in the file, from 1; 0 if the value is not written there
	Excerpt      string // the line
	Mark         int    // how many columns of it are marked, from Column
}

// A Report has all problems of one file. It is an error whose text has several lines.
type Report struct {
	File     string // "" for the built-in defaults
	Problems []Problem
	cause    error // of Locate
}

// Unwrap returns the error that Locate was called with, or nil.
func (r *Report) Unwrap() error { return r.cause }

// Error returns, for each problem, the place, the text, the line and a mark below it.
//
//	/etc/pillarbox/pillarbox.toml:3: unknown key "pop3.listn"; did you mean "pop3.listen"?
//	   3 | listn = [":110"]
//	     | ~~~~~
func (r *Report) Error() string {
	var b strings.Builder
	for i, p := range r.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		p.write(&b, r.File)
	}
	return b.String()
}

func (p Problem) write(b *strings.Builder, file string) {
	switch {
	case p.Variable != "":
		fmt.Fprintf(b, "%s: ", p.Variable)
	case p.Line > 0:
		fmt.Fprintf(b, "%s:%d: ", file, p.Line)
	case file != "":
		fmt.Fprintf(b, "%s: ", file)
	}
	b.WriteString(p.Text)
	if p.Line == 0 {
		return
	}
	number := fmt.Sprintf("%4d", p.Line)
	lead := []rune(p.Excerpt[:min(p.Column-1, len(p.Excerpt))])
	for i, r := range lead {
		if r != '\t' { // tabs stay, so that the mark stands below its text
			lead[i] = ' '
		}
	}
	fmt.Fprintf(b, "\n%s | %s\n%s | %s%s", number, p.Excerpt,
		strings.Repeat(" ", len(number)), string(lead), strings.Repeat("~", max(p.Mark, 1)))
}

// place returns the problem with the place of mark in the file. Only the first line is shown and
// marked.
func (p Problem) place(file []byte, mark span) Problem {
	start := strings.LastIndexByte(string(file[:mark.offset]), '\n') + 1
	line, _, _ := strings.Cut(string(file[start:]), "\n")
	line, _, _ = strings.Cut(line, "\r")
	line = strings.ToValidUTF8(line, "\uFFFD")
	p.Line = strings.Count(string(file[:mark.offset]), "\n") + 1
	p.Column = mark.offset - start + 1
	p.Excerpt = line
	from := min(p.Column-1, len(line))
	p.Mark = utf8.RuneCountInString(line[from:min(from+mark.length, len(line))])
	return p
}

// sortByLine sorts problems by their place in the file, those without one last.
func sortByLine(problems []Problem) {
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		switch {
		case a.Line == 0 || b.Line == 0:
			return a.Line > b.Line
		case a.Line != b.Line:
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// A verdict collects problems.
type verdict struct{ problems []Problem }

func (v *verdict) addf(key, format string, args ...any) {
	v.problems = append(v.problems, Problem{Key: key, Text: key + ": " + fmt.Sprintf(format, args...)})
}
