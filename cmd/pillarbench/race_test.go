package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Each round has a run of each racer, and a ratio is that of one round.
func TestCompare(t *testing.T) {
	noted := filepath.Join(t.TempDir(), "notes")
	var book notes
	if err := book.open("test", noted); err != nil {
		t.Fatal(err)
	}
	var order []string
	racing := func(name string, times int) racer {
		return racer{name: name, pid: os.Getpid(), run: func(time.Duration) (int, int64, error) {
			order = append(order, name)
			return times, 100, nil
		}}
	}
	var out strings.Builder
	r := race{rounds: 2, notes: &book, out: &out}
	columns := []column[lap]{
		{"times", "%.0f", func(l lap) float64 { return float64(l.own.times) }},
		{"of floor", "%.0f", func(l lap) float64 { return float64(l.own.times) / float64(l.floor.times) }},
		{"of first", "%.0f", func(l lap) float64 { return float64(l.own.times) / float64(l.first.times) }},
	}
	if err := r.compare([]string{"4 KiB"}, []racer{racing("floor", 1), racing("box", 2), racing("peer", 8)}, true, columns[:2]); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(order, " "), "floor box peer floor box peer"; got != want {
		t.Errorf("runs are %q, want %q", got, want)
	}
	if err := r.compare(nil, []racer{racing("box", 2), racing("peer", 8)}, false, columns[2:]); err != nil {
		t.Fatal(err)
	}
	const want = "| 4 KiB | floor | 1 | 1 |\n| 4 KiB | box | 2 | 2 |\n| 4 KiB | peer | 8 | 8 |\n| box | 1 |\n| peer | 4 |\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	kept, err := os.ReadFile(noted)
	if err != nil || !strings.Contains(string(kept), "test 4 KiB\tpeer\ttimes\t8\n") {
		t.Errorf("noted %q, %v", kept, err)
	}
}

// The CPU clock of a process goes on while it works.
func TestProcessTime(t *testing.T) {
	before, err := processTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	after := before
	for after == before {
		if after, err = processTime(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := familyTime(os.Getpid()); err != nil {
		t.Error(err)
	}
}
