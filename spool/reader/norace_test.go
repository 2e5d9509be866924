//go:build !race

package reader

// most is how many allocations a message may need.
const most = 0
