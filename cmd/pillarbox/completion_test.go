package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// TestBashCompletes runs the script in the shell that it is for.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	script := bashCompletion(commands())
	for line, want := range map[string]string{
		"pillarbox us":                          "user",
		"pillarbox user re":                     "remove restore",
		"pillarbox user restore -":              "-config -list -since",
		"pillarbox user restore -list -s":       "-since",
		"pillarbox completion ":                 "bash zsh fish",
		"pillarbox help sp":                     "spool",
		"pillarbox spool import -format mbox -": "-config -deleted -dry-run -format -from",
	} {
		words := strings.Split(line, " ")
		run := exec.Command(bash, "-c", script+`
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pillarbox; echo "${COMPREPLY[*]}"`, "bash")
		run.Args = append(run.Args, words...)
		out, err := run.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
}

// TestCompletionNamesEverything: each command and flag of the table is in the script of each shell.
// The other two shells read theirs, where they are installed.
func TestCompletionNamesEverything(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out bytes.Buffer
		if code := run([]string{"completion", shell}, nil, &out, &out); code != exitDone {
			t.Fatalf("%s: exit code %d", shell, code)
		}
		for _, row := range everyCommand(commands()) {
			if !strings.Contains(out.String(), row.word()) {
				t.Errorf("%s: %s is missing", shell, row.name)
			}
			for _, f := range row.flagsOf() {
				name, _, _ := strings.Cut(f.name, " ")
				if shell == "fish" {
					name = "-o " + name[1:]
				}
				if !strings.Contains(out.String(), name) {
					t.Errorf("%s: %s of %s is missing", shell, name, row.name)
				}
			}
		}
		program, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		reads := exec.Command(program, "-n")
		reads.Stdin = &out
		if said, err := reads.CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%s does not read its script: %v: %s", shell, err, said)
		}
	}
}
