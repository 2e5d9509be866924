package bench

import (
	"fmt"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
)

// A memoryLimit is the limit for pillarbox in a state of the idle benchmark.
type memoryLimit struct {
	secure bool // with TLS
	state  string
	of     func(restMemory) float64 // in KiB
	most   float64
}

// memoryLimits hold for any processor and file system, within the pages of one or two threads.
var memoryLimits = []memoryLimit{
	{false, stateStart, restMemory.total, 2048},
	{true, stateStart, restMemory.total, 2048},
	{false, stateCrowd(1000), restMemory.each, 4.5},
	{true, stateCrowd(1000), restMemory.each, 15},
	{false, stateBurst, restMemory.total, 4096},
	{true, stateBurst, restMemory.total, 4096},
	{false, stateStalled, restMemory.each, 8},
}

// exceeded returns an error if the median of the runs exceeds the limit.
func exceeded(by client.Sessions, state string, runs []restMemory) error {
	for _, p := range memoryLimits {
		if p.secure != by.Secure || p.state != state {
			continue
		}
		figures := make([]float64, len(runs))
		for i, r := range runs {
			figures[i] = p.of(r)
		}
		if m := measure.Median(figures); m > p.most {
			return fmt.Errorf("%s, after %s: %.1f KiB, at most %.1f", by.Name, state, m, p.most)
		}
	}
	return nil
}
