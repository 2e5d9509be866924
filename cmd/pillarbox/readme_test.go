package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// Bounds of README, so that it is read.
const (
	readmeLines   = 150
	readmeColumns = 100 // of what is not a row of a table
)

// TestReadmeIsShort bounds README in lines and columns.
func TestReadmeIsShort(t *testing.T) {
	text := document(t, "../../README.md")
	if n := strings.Count(text, "\n"); n > readmeLines {
		t.Errorf("README has %d lines; at most %d are read", n, readmeLines)
	}
	for _, line := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(line) > readmeColumns && !strings.HasPrefix(line, "|") {
			t.Errorf("README has a line of more than %d columns:\n%s", readmeColumns, line)
		}
	}
}

// TestReadmeCommands compares the commands and flags that the documents show with the table of
// commands.
func TestReadmeCommands(t *testing.T) {
	shown := regexp.MustCompile("(?m)(?:^    (?:sudo )?|`)pillarbox ([a-z][^`#\n]*)")
	for _, file := range []string{"../../README.md", "OPERATIONS.md"} {
		found := shown.FindAllStringSubmatch(document(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s shows no command", file)
		}
		for _, line := range found {
			if fault := unknownPart(strings.Fields(line[1])); fault != "" {
				t.Errorf("%s: pillarbox %s: %s", file, line[1], fault)
			}
		}
	}
}

// TestReadmeFigures looks for each figure of README's last list in the evidence.
func TestReadmeFigures(t *testing.T) {
	_, list, found := strings.Cut(document(t, "../../README.md"), "## Why you can trust it\n")
	if !found {
		t.Fatal("README has no list of reasons")
	}
	list, _, _ = strings.Cut(list, "\n[How they were measured]")
	evidence := document(t, "../pillarbench/README.md")
	for _, figure := range []string{"1.26", "4.51"} {
		if !strings.Contains(list, figure) || !strings.Contains(evidence, figure) {
			t.Errorf("%s is not in README's list and in the evidence", figure)
		}
	}
	for _, row := range []string{
		"| ext4 | 370 | 35,576 |", "| f2fs | 350 | 29,194 |", "| ext4 | 130 | 3914 | 1323 | 1323 |", "| f2fs | 150 | 4803 | 1802 | 1802 |",
		"| pillarbox | **114** | **0** | **2** |",
	} {
		if !strings.Contains(evidence, row) {
			t.Errorf("the evidence has no row %q, of which README states the sum", row)
		}
	}
}

// TestLinksOfDocuments follows each relative link of the documents to its file and heading.
func TestLinksOfDocuments(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):]+)\)`)
	for _, file := range []string{"README.md", "cmd/pillarbox/OPERATIONS.md", "appliance/DECISIONS.md", "scripts/package/README.md", "buildroot/README.md", "cmd/pillarbench/README.md"} {
		folder := "../../" + file[:strings.LastIndexByte("/"+file, '/')]
		for _, found := range link.FindAllStringSubmatch(document(t, "../../"+file), -1) {
			target, heading, _ := strings.Cut(found[1], "#")
			path := folder + "/" + target
			if target == "" {
				path = "../../" + file
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", file, err)
			} else if heading != "" && !hasHeading(document(t, path), heading) {
				t.Errorf("%s: %s has no heading #%s", file, target, heading)
			}
		}
	}
}

// document returns the text of a file.
func document(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// hasHeading reports whether a text has the heading of an anchor.
func hasHeading(text, anchor string) bool {
	drop := regexp.MustCompile(`[^a-z0-9 _-]`)
	for line := range strings.Lines(text) {
		title := strings.TrimSpace(strings.TrimLeft(line, "#"))
		if strings.HasPrefix(line, "#") && strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(title), ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}

// unknownPart returns what is wrong with the words of a command line, or "".
func unknownPart(words []string) string {
	name := words[0]
	if len(words) > 1 && regexp.MustCompile(`^[a-z]+$`).MatchString(words[1]) {
		name += " " + words[1]
	}
	every := everyCommand(commands())
	for _, candidate := range []string{name, words[0]} {
		for _, c := range every {
			if c.name != candidate {
				continue
			}
			if len(c.below) > 0 && len(words) > 1 {
				return "no such command"
			}
			return unknownFlag(c, words)
		}
	}
	return "no such command"
}

// unknownFlag returns what is wrong with the flags of a command line, or "".
func unknownFlag(c command, words []string) string {
	if len(c.below) > 0 || c.foreign || c.flags == nil {
		return ""
	}
	c.config = new(string)
	flags := c.flagSet()
	for _, word := range words[1:] {
		word = strings.Trim(word, "[]()")
		if name, isFlag := strings.CutPrefix(word, "-"); isFlag && flags.Lookup(name) == nil {
			return "no flag -" + name
		}
	}
	return ""
}
