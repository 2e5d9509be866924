// Package slots is the table of slot files: which segment each of them holds, who reads it, how
// much of it lives, and which of them a new segment may have. It opens, creates, reserves, closes
// and removes every slot file, and asks the file system for room.
//
// It knows no message and no mailbox, and writes nothing into a slot: package commit does that, and
// moves the counters here through a [Writer] and a [Cleaning].
//
// # Locks
//
// The order in the whole of spool is log, slots, index: who holds a lock takes only locks to the
// right of it. In fact neither the table nor the index calls the other, so no goroutine ever holds
// both of them.
//
//   - Table.mu guards the state, and is held for arithmetic alone. What needs it is a method of the
//     unexported type state, which only Table.lock returns. No file is opened, closed, created or
//     removed under it, and no system call is made: what the file system has free is asked for
//     before the lock is taken (space.go), and files are closed after it was released (pin.go).
//   - slot.opening is held while the file of one slot is opened or replaced, so that two readers do
//     not open it twice. A reader of another slot does not wait for it.
//   - Table.making is held while slot files are made, removed or reserved; Hold waits for it, and
//     so does Take before it returns ErrFull. It is taken before slot.opening, which is taken
//     before Table.mu. No reader takes it.
//
// # Invariants
//
//	S1  A slot is given to a new segment only if no reader has it pinned, no delivery has an extent
//	    in it, and its segment is retired (I6 of package spool).
//	    From then until the segment begins no reader can pin it.
//	S2  A pinned slot keeps its segment. A caller that pins what the index names looks at the index
//	    again afterwards: if the location is the same, the bytes are those of the message.
//	S3  Live bytes are counted up and down by the same amounts, so that they equal a recount.
//	S4  From the return of Hold to Release no slot is retired, no file is removed, and none is made
//	    ahead of time; or Release returns ErrHurried. What is done ahead of time looks for a hold
//	    with making held, or is decided upon by the leader of the log, which a hold waits for.
//	S5  Table.Close waits for a file that is being made. Files that readers have pinned are closed;
//	    their reads end in os.ErrClosed.
//
// # Life of a slot
//
//  1. Grow makes it ahead of time, or Take does when a segment needs it (take.go, file.go).
//  2. Begin gives it a segment; what the segment before it said of itself becomes a stale header
//     until the new one is durable (writer.go).
//  3. Count moves its counters as messages come, move and are expunged (writer.go).
//  4. Seal ends it. When nothing in it lives, it is dead: a log segment is retired by a record
//     (cleaning.go), a bulk segment at once.
//  5. Pins and a copy of the folder that is being made keep it from being used again (pin.go).
//
// # Files
//
//	slot.go               one slot, and the segment in it
//	state.go ripe.go      what the lock guards: the slots, and what a copy of the folder needs
//	space.go              free room, counters
//	table.go              the table
//	pin.go                open files, pins, holds while the folder is copied
//	take.go file.go       slots for new segments, and their files
//	room.go               whether mail fits in
//	writer.go             what the writer of the log changes
//	cleaning.go victim.go what can be retired, and what is worth moving
//	visit.go              what a sealed segment says
//	probe.go              a look inside for tests
package slots
