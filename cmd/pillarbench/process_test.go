package main

import (
	"os"
	"testing"
	"time"
)

func TestParseAnonymous(t *testing.T) {
	const rollup = "00400000-7fff00000000 ---p 00000000 00:00 0   [rollup]\nRss:    5000 kB\nAnonymous:        1536 kB\nLazyFree:  0 kB\n"
	if got, err := parseAnonymous(rollup); got != 1536*1024 || err != nil {
		t.Errorf("got %d, %v, want %d", got, err, 1536*1024)
	}
	for _, text := range []string{"", "Rss: 5 kB\n", "Anonymous: many kB\n", "Anonymous: 5\n"} {
		if _, err := parseAnonymous(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestParseCPU(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       time.Duration
		fails      bool
	}{
		{"plain", "7 (box) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0", 2 * time.Second, false},
		{"name with blanks and parentheses", "7 (a b) (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0", 2 * time.Second, false},
		{"cut", "7 (box) S 1 2 3", 0, true},
		{"no name", "", 0, true},
	} {
		got, err := parseCPU(row.text)
		if got != row.want || (err != nil) != row.fails {
			t.Errorf("%s: got %v, %v, want %v", row.name, got, err, row.want)
		}
	}
}

func TestOwnProcess(t *testing.T) {
	if n, err := anonymous(os.Getpid()); err != nil || n < 4096 {
		t.Errorf("this test has %d octets of private memory, %v", n, err)
	}
	if _, err := cpu(os.Getpid()); err != nil {
		t.Error(err)
	}
}
