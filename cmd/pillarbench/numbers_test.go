package main

import (
	"slices"
	"testing"
)

func TestParseCounts(t *testing.T) {
	got, err := parseCounts("-messages", "100,1000", 100)
	if want := []int{100, 1000}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, text := range []string{"", "99", "1000,100", "1000,1000", "1000,x"} {
		if _, err := parseCounts("-messages", text, 100); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
