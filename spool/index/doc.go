// Package index holds the index of a spool in memory: 12 bytes per message, two bits,
// and the unique-ids and labels of those that have some.
//
// # Lock
//
// [Data] and all that is in it have no lock. An [Index] owns a Data and the one lock of it; Read
// and Update hand the data out for as long as they hold the lock, and the other methods take it
// themselves. It is the last one in the order log, slots, index: nothing is called with it held.
// How the counters of slots move is gathered in [Counts] for that, and the caller moves them
// afterwards.
//
// Views read without the lock. A copy of [Entries], [Imported] or [Labelled] is a snapshot: what is
// added later is not in it, and of what is in it only the location of a message changes, which only
// LocateRow reads.
//
// It performs no I/O and does not refer to slot files.
//
// # Files
//
//	index.go      the lock, and what views and readers ask
//	following.go  what is read at once
//	bounds.go     how much memory it may take
//	data.go       a whole spool: mailboxes, records, tombstones that are needed
//	counts.go     how the counters of slots move
//	mailbox.go    one mailbox: its entries, which are expunged, which have a label
//	entries.go    the entries in chunks that never move; whether the mail of a mailbox stays
//	bitmap.go     a bit per message, and the search for the n-th bit that is not set
//	ids.go        remote ids
//	imported.go   unique-ids from another store; uidcode.go: each as the difference from another
//	remote.go     which remote ids the spool has seen
//	copies.go     segments that hold a message a second time
//	cost.go       what all of it costs in memory and on the device
//	probe.go      for tests
package index
