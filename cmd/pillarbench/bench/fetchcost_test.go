package bench

import (
	"math"
	"testing"
)

// TestPollCost: the mean, the least and the most of polls, of which each fourth lists everything.
func TestPollCost(t *testing.T) {
	c := pollCost{octets: []int64{4000, 4000, 3900, 90_000}}
	if c.mean() != 25_475 || c.least() != 3900 || c.most() != 90_000 {
		t.Errorf("mean %v, least %v, most %v", c.mean(), c.least(), c.most())
	}
}

// TestBrokenCost: a message that has not arrived has no cost, however little went over the line.
func TestBrokenCost(t *testing.T) {
	figure := brokenColumns[0].Figure
	if got := figure(brokenCost{arrived: true, octets: 1050, size: 1000}); got != 1.05 {
		t.Errorf("got %v, want 1.05", got)
	}
	if got := figure(brokenCost{octets: 200, size: 1000}); !math.IsNaN(got) {
		t.Errorf("a message that has not arrived costs %v", got)
	}
}
