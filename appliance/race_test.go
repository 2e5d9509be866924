//go:build race

package appliance

// raced reports that the race detector is on: it needs more memory than a child may have.
const raced = true
