package main

import (
	"io"
	"os"
	"testing"
	"time"
)

func TestExitCodes(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	tests := []struct {
		args []string
		want int
	}{
		{[]string{"version"}, exitDone},
		{[]string{"help"}, exitDone},
		{[]string{"check-config", "-h"}, exitDone},
		{[]string{"user", "list"}, exitDone},
		{[]string{"user", "remove", "nobody"}, exitError},
		{[]string{"check-config", "-config", "/none"}, exitError},
		{nil, exitUsage},
		{[]string{"frobnicate"}, exitUsage},
		{[]string{"version", "x"}, exitUsage},
		{[]string{"serve", "-x"}, exitUsage},
		{[]string{"user", "add"}, exitUsage},
	}
	for _, tt := range tests {
		if got := run(tt.args, os.Stdin, io.Discard, io.Discard); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.args, got, tt.want)
		}
	}
}

func TestBuildDate(t *testing.T) {
	defer func() { built = "" }()
	built = "2027-03-04"
	if got := buildDate().Format(time.DateOnly); got != "2027-03-04" {
		t.Errorf("told by the linker: %s", got)
	}
	built = "tomorrow"
	if got := buildDate(); got.Before(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("told nonsense: %v", got)
	}
}
