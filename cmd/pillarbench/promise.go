package main

import "fmt"

// A promise is the most memory that the box takes in a state of the idle benchmark.
type promise struct {
	secure bool // with TLS
	state  string
	of     func(rest) float64 // KiB
	most   float64
}

// promises hold for any processor and file system, within the pages of one or two threads.
var promises = []promise{
	{false, stateStart, rest.total, 2048},
	{true, stateStart, rest.total, 2048},
	{false, stateCrowd(1000), rest.each, 4.5},
	{true, stateCrowd(1000), rest.each, 15},
	{false, stateBurst, rest.total, 4096},
	{true, stateBurst, rest.total, 4096},
	{false, stateStalled, rest.each, 8},
}

// exceeded says whether the median of the runs is more than was promised.
func exceeded(by visitors, state string, runs []rest) error {
	for _, p := range promises {
		if p.secure != by.secure || p.state != state {
			continue
		}
		figures := make([]float64, len(runs))
		for i, r := range runs {
			figures[i] = p.of(r)
		}
		if m := median(figures); m > p.most {
			return fmt.Errorf("%s, after %s: %.1f KiB, at most %.1f", by.name, state, m, p.most)
		}
	}
	return nil
}
