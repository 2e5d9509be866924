package index

import (
	"slices"
	"testing"
)

// TestCountsAreJoined: what moves in one slot is one count, whose bytes that came are kept apart
// from those that went.
func TestCountsAreJoined(t *testing.T) {
	var c Counts
	c.Add(3, 1, 500)
	c.Add(4, 1, 100)
	c.Add(3, -1, -200)
	if want := (Counts{{3, 0, 300, 500}, {4, 1, 100, 100}}); !slices.Equal(c, want) {
		t.Errorf("got %+v, want %+v", c, want)
	}
}
