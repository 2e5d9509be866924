package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestManual compares the commands and usage lines of the manual page with the table of commands.
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
	for _, c := range everyCommand(commands()) {
		if len(c.below) == 0 {
			want = append(want, strings.TrimSpace(c.name+" "+c.args))
		}
	}
	if !slices.Equal(told, want) {
		t.Errorf("%s tells of\n%s\nand these are the commands:\n%s", file, strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}
