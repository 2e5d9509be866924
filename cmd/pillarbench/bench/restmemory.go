package bench

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
)

// A restMemory is the memory of a server with idle sessions or stalled downloads.
type restMemory struct {
	memory int64 // private octets
	before int64 // the same without sessions
	many   int   // number of sessions
}

// total returns all memory in KiB.
func (r restMemory) total() float64 { return float64(r.memory) / 1024 }

// each returns the memory of one session in KiB, or NaN without sessions.
func (r restMemory) each() float64 {
	if r.many == 0 {
		return math.NaN()
	}
	return float64(r.memory-r.before) / float64(r.many) / 1024
}

// restColumns are the columns of the table.
var restColumns = []measure.Column[restMemory]{
	{Head: "private KiB", Format: "%.0f", Figure: restMemory.total},
	{Head: "KiB each", Format: "%.1f", Figure: restMemory.each},
}

// Names of the states that are measured.
const stateStart = "a start"

var (
	stateStalled     = fmt.Sprintf("%d stalled downloads of 8 MiB", idleStalled)
	stateMoreStalled = fmt.Sprintf("%d more", idleMoreStalled)
	stateAllStalled  = fmt.Sprintf("all %d", idleStalled+idleMoreStalled)
)

// stateBurst names the state after as many sessions.
func stateBurst(sessions int) string {
	return fmt.Sprintf("%d sessions opened and ended", sessions)
}

// stateCrowd names the state with as many idle sessions.
func stateCrowd(sessions int) string { return fmt.Sprintf("%d logins", sessions) }

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
	{false, stateBurst(IdleBurst), restMemory.total, 4096},
	{true, stateBurst(IdleBurst), restMemory.total, 4096},
	{false, stateStalled, restMemory.each, 8},
	{false, stateMoreStalled, restMemory.each, 8},
}

// kernelLimits are further limits where the kernel makes the records. The first downloads make the
// server larger once, by threads and by pages of which they use a part; that is in the mean of all.
var kernelLimits = []memoryLimit{
	{true, stateStalled, restMemory.each, 8},
	{true, stateMoreStalled, restMemory.each, 8},
	{true, stateAllStalled, restMemory.each, 8},
}

// exceeded returns an error if the median of the runs exceeds the limit. There are more where
// the kernel makes the records.
func exceeded(by client.Sessions, state string, runs []restMemory, kernel bool) error {
	limits := memoryLimits
	if kernel {
		limits = append(slices.Clone(limits), kernelLimits...)
	}
	for _, p := range limits {
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

// IdleBurst is how many sessions are opened and ended before the limits hold.
const IdleBurst = 4000

const (
	// idleAccounts is the number of accounts. It is small because the first login of each derives
	// a key from the password, which takes time.
	idleAccounts = 10
	// IdleSettle is how long a server is left alone before its memory is read: longer than the
	// three seconds after which it gives memory back.
	IdleSettle = 5 * time.Second
	// idleWidth is how many sessions of a burst are open at a time.
	idleWidth = 16
	// idleStalled is how many downloads are requested and not read, idleMoreStalled how many after
	// that.
	idleStalled, idleMoreStalled = 100, 300
	// idleSmall is the size of the message that the sessions of a burst retrieve, idleLarge that
	// of the stalled downloads.
	idleSmall, idleLarge = 4096, 8 << 20
)
