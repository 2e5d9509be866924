package commit

import (
	"sync"
	"sync/atomic"

	"pillarbox/spool/flash"
	"pillarbox/spool/format"
)

// MaxInline is how large a message may be, in bytes, and still be written into the log with its
// record. Larger ones go to bulk slots as they come. A slot holds at least four of them.
const MaxInline = 256 << 10

// InlineLimit is MaxInline, less where slots are small.
func InlineLimit(f *format.Format) int64 { return min(MaxInline, f.SlotSize/4) }

// maxStaged bounds the memory for mail that is on its way in, of all deliveries together, in bytes.
// A delivery that finds it used up goes on with the stage that it has, and to a bulk slot when that
// is full.
const maxStaged = 4 << 20

// stageSizes are how large a stage may be, in bytes. The first one every delivery may have in any
// case, the last holds whatever may be inline.
var stageSizes = [...]int{MinStage, 64 << 10, MaxInline}

// MinStage is the size of the smallest stage.
const MinStage = 16 << 10

// A Staging has the stages that are in use, and those that wait for the next message: if they were
// made for each they would be collected after every tenth.
type Staging struct {
	bytes atomic.Int64 // in use
	idle  [len(stageSizes)]sync.Pool
}

// A Stage is memory for one message, or for the leader to write with, page-aligned. What was in it
// before is still there.
type Stage struct {
	Memory []byte
	index  int // of its size in stageSizes
}

// Take returns a stage of at least that many bytes, or nil when there is no memory for it: for the
// smallest there always is.
func (g *Staging) Take(bytes int) *Stage {
	index := stageFor(bytes)
	size := int64(stageSizes[index])
	if g.bytes.Add(size) > maxStaged && index > 0 {
		g.bytes.Add(-size)
		return nil
	}
	return g.get(index)
}

// lend returns a stage of at least that many bytes, at most the largest, whatever is in use: to the
// leader, and there is one.
func (g *Staging) lend(bytes int) *Stage {
	index := stageFor(bytes)
	g.bytes.Add(int64(stageSizes[index]))
	return g.get(index)
}

// stageFor returns the index of the smallest size that has that many bytes.
func stageFor(bytes int) (index int) {
	for stageSizes[index] < bytes {
		index++
	}
	return index
}

func (g *Staging) get(index int) *Stage {
	if st, ok := g.idle[index].Get().(*Stage); ok {
		return st
	}
	return &Stage{flash.Aligned(stageSizes[index]), index}
}

// GiveBack takes a stage that is not used any more; nil is none.
func (g *Staging) GiveBack(st *Stage) {
	if st != nil {
		g.bytes.Add(-int64(len(st.Memory)))
		g.idle[st.index].Put(st)
	}
}

// InUse returns how many bytes of stages are in use.
func (g *Staging) InUse() int64 { return g.bytes.Load() }
