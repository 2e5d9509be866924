// Package spool is an append-only store for mail, made for flash.
//
// It takes mail in wire form, keeps it through any power cut once it said so, and gives back where
// the bytes lie. One flush makes a batch durable, whatever is in it: mail for many, deletes,
// book-keeping. It never rewrites a byte that was acknowledged, has no index file that could be
// stale, starts no goroutine, logs nothing and knows no protocol. It does not parse mail, compress
// it, encrypt it, or tell one mailbox name from another: mailboxes are random keys.
//
// # Layers
//
// This package is the API and the wiring. Each part of the work has a package, which imports only
// packages above it in this list:
//
//	flash     the file system: slot files, direct writes, locks
//	format    bytes and values: the format document, checksums, damage
//	index     what is in memory of each message; one lock
//	slots     the slot files: pins, the reserve, holds, what is worth cleaning; one lock
//	reader    the stored bytes of a message, verified; down to the kernel
//	commit    the log: the only writer. Group commit, failed flushes, cleaning
//	recovery  Open: format to index, slots and the end of the log
//
// Locks have the order log, slots, index: the one leader of the log calls the other two, and
// readers call them without it. Neither of the two calls the other, and neither does I/O with its
// lock held (see package slots). What needs a lock is a method of the type that has it: state of
// slots.Table, index.Data, which only Index.Read and Index.Update hand out, and leader in package
// commit, which is the one goroutine that writes the log.
//
// # The folder
//
//	FORMAT    text: format version, id of this spool, size of a slot. Written when the spool is
//	          made, and when it becomes one of version 2. If it is lost or damaged, the slot
//	          headers say the same, and it is written again.
//	LOCK      held by the one process that writes
//	00000 …   slots: files of a fixed size (4 MiB), made when they are needed and then reused
//
// A SLOT is a file, a SEGMENT one life of a slot. Segments are numbered through the whole life of
// the spool; the number is the generation of the slot, and the seed of every checksum in it. There
// are two ways to keep slots, with the same format:
//
//	recycle   zero-filled once, overwritten in place by direct writes (ext4, XFS, F2FS): no name,
//	          size or allocation ever changes
//	append    a new file for each segment, removed when it is dead (everything else)
//
// # Life of a message
//
// It is acknowledged in step 2: when Delivery.Commit returns nil, after the flush.
//
//  1. Begin asks for room. Write gathers up to 256 KiB in memory; what AvailableBuffer lends is
//     that memory. Beyond that, or when all deliveries together hold 4 MiB, the bytes go to extents
//     of the shared bulk slot as they come (delivery.go, commit/extents.go).
//  2. Commit flushes the bulk slots, if there are any, and queues the message with package commit,
//     which writes it with everything else that waits, flushes once, brings it into the index, and
//     returns nil ("Life of a commit"). Mail that finds no room is refused alone.
//  3. View freezes a mailbox; Message pins the slots of one message and says where the bytes are
//     (view.go, message.go). Before the first byte leaves, the message is verified, once in the
//     life of the process. How the bytes reach the kernel: "Life of a RETR" in package reader.
//  4. Update writes a tombstone in a batch; the entry is dead in the index then. Labels, which stay
//     with a message for its life, come in the same batch (view.go).
//  5. When slots are few, the cleaner empties a segment ("Life of a cleaning" in package commit).
//  6. When nothing in a sealed segment lives, it is retired, and a later segment is written over it
//     when it is read no more ("Life of a slot" in package slots).
//
// # Room
//
// A slot is written over when its segment is dead, which costs nothing but a record in a batch;
// copying begins only when four slots are left. A segment is worth it when something in it was
// expunged, or lies loose (padding, tombstones): what was just moved is not moved again, so that a
// spool that is nearly full comes to rest.
//
// New mail is refused when more than 80 % of the capacity live, or when no room can be made, and
// leaves three slots alone: two for deletes, one for making room. Segments of tombstones alone die
// when they are full, so deletes go on permanently with one free slot; while there is mail in the
// segment that they are written to they need two. So both work on a full spool, whatever sessions
// hang. The reserve exists as files, with one more, made by Maintain in idle time; when the file
// system has no room for another one, the spool lives in those that it has. Where slots grow, the
// file system allocates the whole of a slot when its file is made, and the free slots of the
// reserve are kept, so that another program that fills the file system cannot take the room that
// deletes need; where it cannot allocate (UBIFS), mail leaves as many bytes free as three slots
// take.
//
// Write amplification in the workload of TestCompactionCost (700 simulated days of a household):
// 1.26 when half of the capacity lives, 1.49 at 65 %.
//
// # Too many messages for the memory
//
// Options.IndexBytes bounds the index. At the bound new mail is refused with ErrFull, before a byte
// of it is written; what is on its way has its memory reserved. Reading and deletes go on, and
// labels, by which one device deletes, until the index takes twice as much.
//
// A spool that was filled with more memory opens anyway. Options.LoadBytes bounds the entries that
// a start makes: small mailboxes are whole, and of the largest ones the last messages are hidden,
// so that no client misses a message that it has seen. As long as some are hidden mail is refused,
// and the segments that hold them are neither retired nor emptied, with the labels of hidden
// messages. They appear, as if they came then, at the next start, or when Maintain finds that
// enough of the others were expunged (recovery/ration.go, recovery/open.go).
//
// # A copy of the folder
//
// The folder may be copied file by file while the spool is in use: the copy opens, with all mail
// that was there when the copy was begun, but for what was expunged since, and nothing that was
// expunged before. Slots of a copy are of different moments, so
//
//   - what was moved out of a segment stays there, and counts, for CopyTime: the copy has it in one
//     place or the other. Of two copies of a message the one that verifies is taken;
//   - what is retired is not written over before CopyTime is over, and an open that finds holes in
//     the log takes tombstones out of retired segments too, because these stay true;
//   - a Hold does more, from its return to Release: nothing is retired, no file is removed, and
//     what could be done later, Maintain and Compact, changes nothing.
//
// When mail would be refused otherwise, or the last free slot was taken, room comes first;
// Stats.Hurried counts it, and Release says so. Mail that came while the copy was made is in it, or
// not, or damaged.
//
// # Invariants
//
//	I1  What was acknowledged is durable: Commit and Expunge return nil after a successful flush of
//	    the batch.
//	I2  What was not acknowledged appears whole or not at all, for all recipients or for none.
//	I3  A page that was acknowledged is not written again in its segment. Batches begin on fresh
//	    pages.
//	I4  After a failed write or flush no batch is written to the segment any more ("Life of a failed
//	    flush" in package commit). What was refused never counts.
//	I5  A tombstone names every segment that holds the message: a move leaves a copy behind until
//	    its segment is retired. It is needed as long as one of them counts, and carried out of a
//	    segment that is retired before that.
//	I6  A slot is written over only when a durable record retires its segment, and it is not pinned.
//	    That record is carried on until the slot has a durable new header: until then a power cut
//	    may show the old one.
//	I7  Unique-ids never change and are never given to another message.
//	I8  Bytes that do not verify are never served; what they cost is counted (Stats.Damaged). Damage
//	    costs the records that it hit.
//	I9  Bytes that a Message gave out stay what they are until it is closed, and for the kernel
//	    after that (direct writes replace pages, they do not change them).
//	I10 No input to Open makes it allocate more than some ten times the size of a slot at once,
//	    besides the index: values of one byte in a footer become eight or more in memory.
//	I11 No lock that readers take is held during I/O, or while the checksum of a body is computed
//	    (TestNoIOUnderTheLocksOfReaders).
//
// # Budgets
//
//	memory   12 B a message and recipient and 2 bits, in chunks of 3 KiB, and 12 B a run of entries
//	         in a mailbox: a new run begins with each open, with every 65,536 numbers, and each time
//	         that a day is not among the 512 days of the run, which begin up to 256 days before its
//	         first message; 12 B a label of a message; 96 B a message with several recipients or
//	         extents; 8 B a mailbox for its habit; for an imported unique-id typically 5 to 20 B,
//	         but up to 35 B for the name of a file of Dovecot's, and 47 B on average for arbitrary
//	         text; 16 B for each open that live mail came in; 8 B for a message that lies in a
//	         second segment, too, until that is retired; about 15 B for each message in the
//	         segments being written; 8 B a slot to plan batches with; a stage of 16 to 256 KiB, half
//	         of it used, while a batch is written; 64 KiB while a segment is scanned; during a
//	         start, 4 B for each expunged message that is not retired yet, 8 B a message of a
//	         mailbox that has to be sorted, another copy of its imported unique-ids and 320 KiB if
//	         it has any, and a footer. Options.IndexBytes bounds the first lines.
//	flash    a batch: whole pages, one flush
//	         a large message: its pages, a flush for each bulk slot, and a batch
//	         a sealed segment: its footer, about 15 B a message, no flush of its own
//	         a new slot: its size in zeros, once (recycle)
//
// # Files
//
//	spool.go options.go stored.go   the spool, its options, what the packages below define
//	delivery.go commitall.go        mail on its way in
//	view.go message.go              reading, and what a session leaves behind
//	stats.go verify.go              how much room there is, and whether all is well
//	maintain.go                     chores, compaction, holds, progress
package spool
