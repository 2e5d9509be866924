package flashtest

import "pillarbox/spool/flash"

// Stats count what reached the device since it was made, as the counters of a block device
// would; what a file system adds for its journal is not in them. Operations that failed are
// not counted.
type Stats struct {
	Writes  int   // calls of WriteAt
	Syncs   int   // calls of Sync
	Creates int   // slots made
	Removes int   // files removed
	Stores  int   // small files replaced
	Reads   int   // calls of ReadAt and ReadUncached
	Flushes int   // flushes of the device: one a Sync, two a Create, two a Store
	Bytes   int64 // bytes programmed, whole pages: by WriteAt, Store and Create
	Filled  int64 // those of them that were the zeros of Create
	Grown   int64 // bytes by which WriteAt made files longer: none where slots are recycled
}

// Sub returns what was counted between the moment of before and the moment of s.
func (s Stats) Sub(before Stats) Stats {
	return Stats{
		Writes: s.Writes - before.Writes, Syncs: s.Syncs - before.Syncs,
		Creates: s.Creates - before.Creates, Removes: s.Removes - before.Removes,
		Stores: s.Stores - before.Stores, Reads: s.Reads - before.Reads,
		Flushes: s.Flushes - before.Flushes, Bytes: s.Bytes - before.Bytes,
		Filled: s.Filled - before.Filled, Grown: s.Grown - before.Grown,
	}
}

func (s *Stats) wrote(bytes int, grown int64) {
	s.Writes++
	s.Bytes += int64(bytes)
	s.Grown += grown
}

func (s *Stats) synced() {
	s.Syncs++
	s.Flushes++
}

func (s *Stats) created(size int64) {
	s.Creates++
	s.Flushes += 2
	s.Bytes += size
	s.Filled += size
}

func (s *Stats) stored(bytes int) {
	s.Stores++
	s.Flushes += 2
	s.Bytes += int64(bytes+flash.Page-1) / flash.Page * flash.Page
}
