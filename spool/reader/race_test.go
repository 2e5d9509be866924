//go:build race

package reader

// most is how many allocations a message may need: with the race detector a sync.Pool drops at
// random what it is given.
const most = 10
