package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestManual holds the commands of the manual page against the tables of commands.
func TestManual(t *testing.T) {
	const file = "../../scripts/package/man/pillarbox.1"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, found := range regexp.MustCompile(`(?m)^\.It Ic (.*)$`).FindAllStringSubmatch(string(text), -1) {
		told = append(told, found[1])
	}
	var want []string
	for _, c := range commands() {
		switch c.name {
		case "user":
			for _, verb := range userVerbs {
				args := "[-config FILE]"
				if verb.named {
					args += " NAME"
				}
				want = append(want, "user "+verb.name+" "+args)
			}
			want = append(want, "user restore "+restoreArgs)
		case "spool":
			for _, row := range spoolVerbs() {
				want = append(want, "spool "+row.name+" "+row.args)
			}
		default:
			want = append(want, strings.TrimSpace(c.name+" "+c.args))
		}
	}
	if !slices.Equal(told, want) {
		t.Errorf("%s tells of\n%s\nand these are the commands:\n%s", file, strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}
