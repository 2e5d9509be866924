package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files of testdata/help")

// golden compares what a call writes with a golden file of at most helpWidth columns.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "help", file+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
	for line := range strings.Lines(string(got)) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
			t.Errorf("%s: a line has %d columns: %s", path, n, line)
		}
	}
}

// everyCommand returns the rows of the table, those of groups included.
func everyCommand(rows []command) (all []command) {
	for _, row := range rows {
		all = append(append(all, row), everyCommand(row.below)...)
	}
	return all
}

// TestHelp: "help COMMAND" and "COMMAND -h" are the same text, and it is a golden file.
func TestHelp(t *testing.T) {
	show := func(args ...string) []byte {
		var out, errs bytes.Buffer
		if code := run(args, nil, &out, &errs); code != exitDone || errs.Len() > 0 {
			t.Errorf("%q: exit code %d, standard error %q", args, code, errs.String())
		}
		return out.Bytes()
	}
	golden(t, "help", show("help"))
	for _, args := range [][]string{{"-h"}, {"-help"}, {"--help"}} {
		golden(t, "help", show(args...))
	}
	for _, row := range everyCommand(commands()) {
		words := strings.Fields(row.name)
		file := "help_" + strings.Join(words, "_")
		golden(t, file, show(append([]string{"help"}, words...)...))
		for _, h := range []string{"-h", "--help"} {
			golden(t, file, show(append(slices.Clone(words), h)...))
		}
	}
}

// TestFlagsAreExplained: every flag has a text, and the usage line names the flags that there are.
func TestFlagsAreExplained(t *testing.T) {
	for _, row := range everyCommand(commands()) {
		if len(row.below) > 0 {
			continue
		}
		var told, want []string
		for _, f := range row.explained() {
			if f.does == "" {
				t.Errorf("%s: the flag %s is not explained", row.name, f.name)
			}
			want = append(want, strings.Fields(f.name)[0])
		}
		for _, found := range regexp.MustCompile(`(?:^|[ \[])(-[a-z][a-z-]*)`).FindAllStringSubmatch(row.args, -1) {
			told = append(told, found[1])
		}
		slices.Sort(told)
		slices.Sort(want)
		if !slices.Equal(told, want) {
			t.Errorf("%s: the usage line has the flags %q, and the command has %q", row.name, told, want)
		}
	}
}

// TestUsageErrors: what is wrong is one line with the nearest name; the whole help never follows.
func TestUsageErrors(t *testing.T) {
	var all bytes.Buffer
	for _, line := range []string{
		"usr list", "user ad anna", "frobnicate", "user frobnicate", "spool imprt", "user", "spool", "help usr", "help user ad",
		"help version extra", "--version extra", "user add", "user list anna", "serve extra", "serve -port 110", "health -jsn",
		"user add -h extra -port", "spool import -format mbox anna", "spool import", "spool hold", "check-config -config a b",
		"user restore -since -3 anna", "completion", "completion tcsh", "spool export -o out", "spool export -format mbox",
		"spool import -format elm anna box",
	} {
		var out, errs bytes.Buffer
		code := run(strings.Fields(line), nil, &out, &errs)
		if line == "user add -h extra -port" {
			if code != exitDone {
				t.Errorf("%s: exit code %d", line, code)
			}
			continue
		}
		if code != exitUsage || out.Len() > 0 {
			t.Errorf("%s: exit code %d, standard output %q", line, code, out.String())
		}
		all.WriteString("$ pillarbox " + line + "\n" + errs.String() + "\n")
	}
	golden(t, "errors", all.Bytes())
}

// TestVersion: every usual way to ask for the version answers it.
func TestVersion(t *testing.T) {
	for _, arg := range []string{"version", "--version", "-version", "-v"} {
		var out bytes.Buffer
		if code := run([]string{arg}, nil, &out, &out); code != exitDone || !strings.HasPrefix(out.String(), "pillarbox ") || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: exit code %d, %q", arg, code, out.String())
		}
	}
}
