package fetcher

import (
	"time"

	"pillarbox/cmd/pillarbench/measure"
)

// Usage is what one fetch has cost.
type Usage struct {
	CPU  time.Duration // of the fetching process, its children and the server
	Took time.Duration
	Peak measure.Peak
}
