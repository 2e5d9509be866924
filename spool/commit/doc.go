// Package commit is the log of a spool: the only writer of it. It gathers what callers commit into
// batches, writes each with one flush, brings it into the index when it is durable, retires dead
// segments and moves living mail out of segments that are mostly dead.
//
// It starts no goroutine: the caller that commits while no batch is in flight writes for all that
// come meanwhile.
//
// # Two logs
//
// There is a hot log, where changes go, and a cold log, for messages that were moved or will stay.
// Each has a head, the segment that grows. Mail goes to the cold log when a mailbox that it is for
// keeps what comes, so that the other segments die whole; a batch is for one of the two. Large mail
// lies in bulk segments, one that is filled by deliveries and one by the cleaner, and has its
// record in the log.
//
// # Who may do what
//
// A [Log] may be used by several goroutines. What only the leader may do is a method of the type
// leader, and what it owns is in the type owned; the queue decides who leads. The lock of the queue
// is not held while a batch is written. The lock of a bulk is held while an extent is written or
// flushed, by deliveries and by the cleaner; inside of it a commit may be waited for, so a leader
// never takes that of the bulk that deliveries fill. Locks of the slots and the index are taken one
// after the other, never one inside the other.
//
// What is done ahead of time, by MakeRoom and Compact, is marked as that (waiting.ahead,
// Extents.ahead), and refused while a copy of the folder is made. Table.Hold sets the hold first
// and AwaitBatch then waits for the leader and for the cold bulk, so that all that was decided upon
// without the hold has ended when it returns.
//
// # Life of a commit: where a message is acknowledged
//
//  1. Log.Commit puts the changes into the queue. The first one to find no leader leads; the others
//     wait for their turn (log.go, queue.go).
//  2. leader.run takes those for one head, of at most half a slot or 512 KiB together (leader.go).
//  3. leader.plan asks each change what it writes as things stand, with exact sizes, under the lock
//     of the index; retirements that are due come with it (plan.go, retirement.go). No checksum of
//     a body is computed there.
//  4. ensureActive finds room in the active segment, or seals it and takes a slot (segment.go). If
//     there is none, the leader makes room and plans again, because that moves messages which the
//     batch may delete. Mail that still finds none is refused alone; deletes go on.
//  5. newBatch gives the records their segment, encodes them and computes the checksums without a
//     lock; batch.write writes whole pages and flushes once (batch.go).
//  6. leader.apply brings the batch into the index, all of it under one hold of the lock, and then
//     moves the counters of the slots.
//  7. Log.Commit returns nil in every committer of the batch: that is the acknowledgement. SMTP
//     answers 250 and POP3 answers QUIT with +OK after it, and not before.
//
// # Life of a failed flush
//
//  1. batch.write returns an error: a pwrite failed, or the fdatasync. The state of what was
//     written is unknown then, and a second fdatasync of the same pages would prove nothing, so
//     there is none.
//  2. leader.fence writes the footer of the segment, and flushes it, if the device takes it: it
//     says where the acknowledged batches end (segment.go).
//  3. leader.abandon leaves the segment: no batch is written into it any more. Its head is in
//     doubt: the refused batch may be on the device, and ceases to count when the next segment of
//     the head begins, whose header says where this one ended, or with the record that retires a
//     segment that had just begun.
//  4. The leader writes the batch again, once, to another slot, and reads it back past the page
//     cache (writeTwice, readBack). If that works the callers never hear of it; Stats.Faults counts
//     it.
//  5. If that fails too, all of its callers get ErrFault, and nothing of it is in the index.
//     Stats.ReadOnly is true until a batch is taken again. A later commit tries a fresh slot.
//  6. Before the other head acknowledges anything, settleDoubt writes what this one owes: otherwise
//     a power cut could bring refused mail back (leader.go).
//  7. A failed flush of a bulk slot poisons it: no delivery that has an extent there and was not
//     committed by then can be any more (bulk.go).
//
// # Life of a cleaning
//
//  1. When few slots are left, Log.MakeRoom runs, or the leader when a batch finds no slot. What is
//     dead is retired first, which costs a record (cleaner.go).
//  2. Otherwise the segment is emptied that frees most for what is to be copied, where mail of the
//     last 16 days counts twice, because much of it dies soon (package slots).
//  3. What lives in it is written again: records as moved records to the cold log, extents to the
//     cold bulk segment. Liveness is looked at again when the batch is planned, so that a delete
//     that comes meanwhile wins (move.go). When one slot is all there is to make room with, a cold
//     segment that has no room for the records of a bulk segment is sealed, so that it can be
//     emptied itself.
//  4. When nothing in a sealed segment lives, the next batch of the hot log carries out of it the
//     tombstones that are still needed and the labels of mail that lives, and retires it. That
//     takes at most an eighth of a slot; the rest is carried out by the batches that follow
//     (retirement.go, carry.go).
//
// # Files
//
//	log.go queue.go leader.go        who writes, and what a batch is made of
//	parts.go                         what all of them need: epoch and tag of this open, counters
//	plan.go payload.go batch.go      a batch: planned, encoded, written, applied
//	head.go segment.go               the two ends of the log, which the leader owns
//	change.go annotation.go          mail and deletes, labels and remote ids as changes
//	move.go cleaner.go               moving mail out of segments
//	retirement.go carry.go           retiring segments, and what is carried out of them
//	bulk.go extents.go               large mail
//	staging.go                       memory for mail on its way
//	probe.go                         for tests
package commit
