package measure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// In each round each Contender has a turn, and ratios are taken within a round.
func TestCompare(t *testing.T) {
	noted := filepath.Join(t.TempDir(), "notes")
	var book Notes
	if err := book.Open("test", noted); err != nil {
		t.Fatal(err)
	}
	var order []string
	contender := func(name string, times int) Contender {
		return Contender{Name: name, PID: os.Getpid(), Run: func(time.Duration) (int, int64, error) {
			order = append(order, name)
			return times, 100, nil
		}}
	}
	var out strings.Builder
	r := Rounds{Number: 2, Notes: &book, Out: &out}
	columns := []Column[Turn]{
		{"times", "%.0f", func(l Turn) float64 { return float64(l.Own.Times) }},
		{"of floor", "%.0f", func(l Turn) float64 { return float64(l.Own.Times) / float64(l.floor.Times) }},
		{"of first", "%.0f", func(l Turn) float64 { return float64(l.Own.Times) / float64(l.first.Times) }},
	}
	if err := r.Compare([]string{"4 KiB"}, []Contender{contender("floor", 1), contender("ours", 2), contender("peer", 8)}, true, columns[:2]); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(order, " "), "floor ours peer floor ours peer"; got != want {
		t.Errorf("runs are %q, want %q", got, want)
	}
	if err := r.Compare(nil, []Contender{contender("ours", 2), contender("peer", 8)}, false, columns[2:]); err != nil {
		t.Fatal(err)
	}
	const want = "| 4 KiB | floor | 1 | 1 |\n| 4 KiB | ours | 2 | 2 |\n| 4 KiB | peer | 8 | 8 |\n| ours | 1 |\n| peer | 4 |\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	kept, err := os.ReadFile(noted)
	if err != nil || !strings.Contains(string(kept), "test 4 KiB\tpeer\ttimes\t8\n") {
		t.Errorf("noted %q, %v", kept, err)
	}
}

// The CPU clock of a process advances while it works.
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
	if _, err := FamilyTime(os.Getpid()); err != nil {
		t.Error(err)
	}
}
