// Package recovery opens a spool: it reads the headers of all slots and the log segments that
// count, and makes the index, the table of slots and the ends of the log out of them. It writes
// nothing but FORMAT, where that is missing or damaged, or says an older version than the slots; so
// it may be cut and repeated.
//
// # Life of a start
//
//  1. FORMAT is read. If it is lost or damaged, the slot headers say the same, when they agree
//     (format.go). The version is at least that of every header and of every record that is read
//     below: a FORMAT that was rebuilt out of the headers may have said less.
//  2. Page 0 of every slot is read (headers.go). A slot whose header does not read was hit in its
//     header, or the power was cut while it was written over. Then its newest batches say which
//     segment it was; that counts when it has a second batch, so that the header was flushed once,
//     and the newest manifest does not deny it.
//  3. The first pass goes through the log segments from the newest to the oldest (loader.go). Those
//     that are retired are skipped, and those older than the newest manifest that are not in it,
//     whatever their header says. Of a sealed one it reads the footer. Of another one, which is
//     mostly the newest alone, it reads every batch past the page cache; a batch counts when its
//     header and all of its records verify.
//  4. When records did not verify, or a segment was found that a manifest denies, retired segments
//     are read too, for what they retire and for the tombstones of messages that would live; the
//     next batch repeats both (tombstones.go). Tombstones of a batch that was refused can be among
//     them: a delete that was answered by an error may be done by a later start. Labels are not
//     taken from there.
//  5. The second pass reads the footers again and makes the entries of messages that no tombstone
//     names, from the oldest segment to the newest (fill.go). Of several copies of a message one is
//     chosen, the cold one first, the later first, if its bytes verify (duplicates.go). Where the
//     memory does not suffice, the last messages of the largest mailboxes are hidden (ration.go).
//  6. Labels are applied (finish.go), extents are counted, and the newest segment of each class
//     goes on where it ended, if it has no footer and is not retired: the record that retires it
//     may be read after it, in an older segment of the other class.
//
// At the first batch that does not verify:
//
//	damage      a later batch of the segment says that this page was durable, or the next segment
//	            says that this one went further: every record that verifies by itself is kept, the
//	            rest is counted as damaged, and reading goes on behind
//	torn tail   otherwise: it was never acknowledged, and the next batch is written there
//
// In one segment the epochs of batches never go down, from that of the header on, and batches of
// one epoch have one tag: what an open left that had not seen the batches before does not count.
// What follows previousEnd, as the header of the next segment of the class says it, does not count
// either. A guessed segment is cold when it holds moved records or its first batch has no manifest;
// it is never written on.
//
// Reread does the second half of it again while the spool is in use, so that hidden messages appear
// (open.go). The log is frozen meanwhile.
//
// # Files
//
//	open.go options.go              what the other packages call
//	format.go headers.go            FORMAT, and page 0 of each slot
//	found.go tombstones.go          the segments and the messages that were expunged
//	loader.go visitor.go draft.go   the first pass
//	fill.go ration.go duplicates.go the second pass
//	finish.go                       labels, remote ids, and what becomes of the segments
package recovery
