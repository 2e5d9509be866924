package spool

import (
	"sync"
	"sync/atomic"

	"pillarbox/spool/flash"
)

// maxStaged bounds the memory for mail that is on its way in, of all deliveries together, in bytes. A delivery that
// finds it used up goes on with the stage that it has, and to a bulk slot when that is full.
const maxStaged = 4 << 20

// stageSizes are how large a stage may be, in bytes. The first one every delivery may have in any case, the last holds whatever may
// be inline.
var stageSizes = [...]int{16 << 10, 64 << 10, maxInline}

// A staging has the stages that are in use, and those that wait for the next mail: made anew for each they would be collected
// after every tenth.
type staging struct {
	bytes atomic.Int64 // in use
	idle  [len(stageSizes)]sync.Pool
}

// A stage is memory for one mail, or for the leader to write with, page-aligned. What was in it before is still there.
type stage struct {
	memory []byte
	index  int // of its size in stageSizes
}

// take returns a stage of at least so many bytes, or nil when there is no memory for it: for the smallest there always is.
func (g *staging) take(bytes int) *stage {
	index := stageFor(bytes)
	size := int64(stageSizes[index])
	if g.bytes.Add(size) > maxStaged && index > 0 {
		g.bytes.Add(-size)
		return nil
	}
	return g.get(index)
}

// lend returns a stage of at least so many bytes, at most the largest, whatever is in use: to the leader, of whom there is one.
func (g *staging) lend(bytes int) *stage {
	index := stageFor(bytes)
	g.bytes.Add(int64(stageSizes[index]))
	return g.get(index)
}

// stageFor returns the index of the smallest size that has so many bytes.
func stageFor(bytes int) (index int) {
	for stageSizes[index] < bytes {
		index++
	}
	return index
}

func (g *staging) get(index int) *stage {
	if st, ok := g.idle[index].Get().(*stage); ok {
		return st
	}
	return &stage{flash.Aligned(stageSizes[index]), index}
}

// giveBack takes a stage that nobody looks at any more; nil is none.
func (g *staging) giveBack(st *stage) {
	if st != nil {
		g.bytes.Add(-int64(len(st.memory)))
		g.idle[st.index].Put(st)
	}
}
