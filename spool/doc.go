// Package spool is an append-only store for mail, made for flash.
//
// It takes mail in wire form, keeps it through any power cut once it said so, and gives back where
// the bytes lie. One flush makes a batch durable, whatever is in it: mail for many, deletes,
// book-keeping. It never rewrites a byte that was acknowledged, has no index file that could be
// stale, starts no goroutine, logs nothing and knows no protocol. It does not parse mail, compress
// it, encrypt it, or tell one mailbox name from another: mailboxes are random keys.
//
// # The folder
//
//	FORMAT    text: format version, id of this spool, size of a slot. Written once. If it is lost, any
//	          slot tells the same.
//	LOCK      held by the one process that writes
//	00000 …   slots: files of a fixed size (4 MiB), made when they are needed and then used again for ever
//
// A SLOT is a file, a SEGMENT one life of a slot. Segments are numbered through the whole life of
// the spool; the number is the generation of the slot, and the seed of every checksum in it. Two
// ways to keep slots, the same format:
//
//	recycle   zero-filled once, overwritten in place by direct writes (ext4, XFS, F2FS): no name, size or
//	          allocation ever changes
//	append    a new file for each segment, removed when it is dead (everything else)
//
// # What is stored
//
// All numbers are little endian. A page is 4096 bytes. crc is CRC-32C; seed(n) is the crc of the
// spool's id and the segment number n (8 bytes), and "crc from seed" goes on from there. A 0 in a
// box is zeros.
//
// Page 0 of a slot is the header of its segment; the rest of the page is zero:
//
//	 0         7   8       12        14      15  16         32      36     40
//	+---------+---+-------+---------+-------+---+----------+-------+------+----------
//	| PLRBSEG | 0 | crc   | version | class | 0 | spool id | pages | slot | segment …
//	+---------+---+-------+---------+-------+---+----------+-------+------+----------
//
//	 48    56      60            64         72     96
//	+-----+-------+-------------+----------+------+
//	| tag | epoch | previousEnd | previous | 0    |
//	+-----+-------+-------------+----------+------+
//
//	crc           of bytes 12…96, no seed
//	version       1
//	class         1 log, 2 bulk, 3 cold log
//	pages         of a slot
//	tag, epoch    of the open that began the segment
//	previous      the segment of the same class before this one, 0 for none and in bulk segments;
//	previousEnd   the page where its acknowledged batches end
//
// A log segment, cold or not, is batches, each from a fresh page on, then nothing; when it is
// sealed, its last pages are the footer:
//
//	+--------+---------+------------+---------+-------~~~-------+---+---------------+---------+
//	| header | batch   | batch      | batch   |  never written  | 0 | footer record | trailer |
//	+--------+---------+------------+---------+-------~~~-------+---+---------------+---------+
//	 page 0   page 1                                             whole pages, right-aligned
//
// A batch is a header, records at multiples of 8, and zeros to the end of the page:
//
//	 0      4     8         16    24      28     32       36        40
//	+------+-----+---------+-----+-------+------+--------+---------+-----------
//	| BTCH | crc | segment | tag | epoch | page | length | records | durable …
//	+------+-----+---------+-----+-------+------+--------+---------+-----------
//
//	 44  48   56       64       72        80     96
//	+---+----+--------+--------+---------+------+
//	| 0 | in | copied | padded | flushes | 0    |
//	+---+----+--------+--------+---------+------+
//
//	crc           of bytes 8…96, from seed(segment)
//	tag, epoch    of the open that wrote it
//	page          where in the slot it begins
//	length        bytes with this header, without the last padding
//	records       how many follow
//	durable       pages of this segment that were durable when the batch was written: evidence that
//	              a page before it was, should that not read
//	in … flushes  what the spool has done to its device in its life, this batch included
//
// A record is a frame, a meta part in msgp, a body:
//
//	 0     4        8      12     13  16    24     24+meta  length
//	+-----+--------+------+------+---+-----+------+--------+
//	| crc | length | meta | kind | 0 | tag | msgp | body   |
//	+-----+--------+------+------+---+-----+------+--------+
//
//	crc           of bytes 4…24+meta, from seed(segment); the body has its checksum in the meta
//	tag           the same as in the batch header
//
// The meta is a msgp array; all integers are unsigned, but for the time:
//
//	1 message  [tag, epoch, seq, received, from, octets, header, sum,
//	            [key, head, key, head, …], uid, extents]
//	2 tombs    [[key, segment, epoch, tag, [first seq, difference, difference, …]], …]
//	3 moved    as 1: the same message again, out of a segment that is to be retired
//	4 retire   [slot, segment, slot, segment, …]
//	5 footer   [end, [in, copied, padded, flushes], [epoch, tag, …], [key, key, …],
//	            [[offset/8, epoch's position, seq, day, octets, [key's position, head, …], uid, extents], …],
//	            graves as in 2, segments as in 4, census as in 6, labels as in 7];
//	            offset, seq and day of a message are differences from the one before, signed, the first from 0;
//	            uid and extents are left out where both are empty; the epochs are those of the messages and of the
//	            open that wrote the footer
//	6 census   [up to, slot, segment, slot, segment, …]
//	7 labels   [[label, key, day, epoch, tag, [first seq, difference, difference, …]], …]
//	extents    [slot, segment, page, length, sum, slot, segment, …]
//
// A message has 1…1024 recipients, a reverse-path of at most 1024 bytes, a uid of at most 70. A record that holds anything else,
// or a byte more, does not verify. FORMAT is four lines: "pillarbox spool", "version 1", "id " with 32 hexadecimal digits, "slot "
// with the bytes of a slot, 65,536…67,108,864 and whole pages. A slot's file is named by its number, in five digits or more.
//
//	received      seconds since 1970, signed, by a clock that may have been wrong
//	from          the reverse-path
//	octets        of the mail as POP3 lists it, without heads: CRLF counted, byte-stuffing and the
//	              closing ".CRLF" not
//	header        stored bytes of the mail that are its header, with the blank line
//	sum           of a message: the crc of its body, from seed(segment); of an extent: the crc of
//	              its bytes, from seed(segment of the extent)
//	day           when it came, or the label was given: days since 1970, 0…65535
//	label         1…80 bytes that say something to the caller; of two days of the same label the earlier counts
//	key, head     a mailbox and the bytes of its own head; key 0 was expunged before the move
//	uid           the unique-id that the mail had in another store, or ""
//	end           the page after the last batch
//	up to, …      the census, in the first batch of a log segment that is not cold: when it began,
//	              these segments with batches counted, of all those with numbers up to this one
//
// The body of a message is the heads of its recipients, one after the other, then the mail, unless
// that lies in extents. Recipient i reads its own head and the mail, and its message is (epoch,
// seq+i).
//
// The trailer is the last 32 bytes of the slot. The footer's record ends where it begins:
//
//	 0         7   8     12       16        24   32
//	+---------+---+-----+--------+---------+----+
//	| PLRBEND | 0 | crc | length | segment | 0  |
//	+---------+---+-----+--------+---------+----+
//
//	crc           of bytes 12…32, from seed(segment)
//	length        of the footer's record
//
// A bulk segment is its header and extents: runs of mail bytes, each from a fresh page on, filled
// up with zeros, in any order of deliveries. What they are is said only by records in the log.
//
// # Identity
//
// Every open that writes draws a random 64-bit tag and the next epoch number, which are durable
// with its first batch and in each footer that it writes; it numbers its messages from 0. A message is (tag, seq) for ever, wherever
// it lies. Its unique-id is the base32 (a-z2-7) of tag and seq, 12 bytes, big endian: 20
// characters. So unique-ids survive compaction, an emptied box and a copy that is put back: an open
// of the copy draws another tag. Epoch numbers only give the order.
//
// # Life of a message
//
//  1. Begin asks for room. Write gathers up to 256 KiB in memory; beyond that, or when all
//     deliveries together hold 4 MiB, the bytes go to extents of the shared bulk slot as they come
//     (delivery.go, bulk.go).
//  2. Commit flushes the bulk slots, if there are any, and queues the mail. Who finds nobody
//     writing leads: it takes all that waits, writes it as one batch, flushes once, tells the
//     index, and hands the lead to the first that came meanwhile (appender.go, commit.go). Mail goes
//     to the cold log when a mailbox that it is for keeps what comes, so that the other segments die
//     whole (stay.go); a batch is for one of the two logs.
//  3. View freezes a mailbox; Message pins the slots of one message and says where the bytes are
//     (view.go, message.go). Before the first byte leaves, the message is verified, once in the
//     life of the process.
//  4. Update writes a tombstone in a batch; the row is dead in the index (facts.go, index.go).
//     Labels, which stay with a message for its life, come in the same batch (label.go).
//  5. When slots are few, the segment is emptied that frees most for what is to be copied, where mail
//     of the last 16 days counts twice, for much of it dies soon (victim.go). What lives in it is
//     written again, as moved records to the cold log and as extents to the cold bulk segment.
//     Liveness is looked at again when the batch is written, so a delete that comes meanwhile wins
//     (compact.go, moving.go).
//     When one slot is all there is to make room with, a cold segment that has no room for the records of
//     a bulk segment is sealed, so that it can be emptied itself (segment.go).
//  6. When nothing in a sealed segment lives, the next batch carries out of it the tombstones that
//     are still needed and the labels of mail that lives, and retires it (reclaim.go).
//  7. A later segment is written over it, when nobody reads it any more (space.go).
//
// # Room
//
// A slot is written over when its segment is dead, which costs nothing but a record in a batch;
// copying begins only when four slots are left. A segment is worth it when something in it was expunged, or lies loose (padding,
// tombstones): what was just moved is not moved again, so that a spool that is nearly full comes to rest. New mail is refused when more than 80 % of the
// capacity live, or when no room can be made, and leaves three slots alone: two for deletes, one for
// making room. Segments of tombstones alone die when they are full, so deletes go on for ever with one free slot; while there is
// mail in the segment that they are written to they need two. So both work on a full
// spool, whatever sessions hang. The reserve exists as files, with one more, made by Maintain in
// somebody's idle time; when the file system has no room for another one, the spool lives in those
// that it has. Where slots grow, mail leaves as many bytes free as three of them take.
//
// In a simulated household, of which TestCompactionCost tells, 700 days write 1.26 bytes for a byte of
// mail when half of the capacity lives, 1.49 at 65 %.
//
// # A start
//
// Open reads page 0 of every slot and goes through the log segments from the newest to the oldest.
// Those that are retired are skipped. Of a sealed one it reads the footer. Of another one, which is
// mostly the newest alone, it reads every batch past the page cache: a batch counts when its header
// and all of its records verify. At the first that does not:
//
//	damage      a later batch of the segment says that this page was durable, or the next segment
//	            says that this one went further: every record that verifies by itself is kept, the
//	            rest is counted as damaged, and reading goes on behind
//	torn tail   otherwise: it was never acknowledged, and the next batch is written there
//
// A slot whose header does not read was hit in its header, or the power was cut while it was written
// over. Then its newest batches say which segment it was; that counts when it has a second batch, so
// that the header was flushed once, and the newest census does not say otherwise.
//
// A segment older than the newest census that is not in it is retired, whatever its header says.
//
// In one segment the epochs of batches never go down, from that of the header on, and batches of one epoch have one tag: what an open
// left that had not seen the batches before does not count. What follows previousEnd, as the header of the next segment of the class
// tells it, does not count either. A guessed segment is cold when it holds moved records or its first batch has no census; it is
// never written on. The newest segment of each class goes on where it ended, if it has no footer and is not retired: the record that
// retires it may be read after it, in an older segment of the other class.
//
// When records did not verify, or a segment was found that a census denies, retired segments are read too, for what they
// retire and for the tombstones of messages that would live; the next batch says both again. Tombstones of a batch that was refused can be
// among them: a delete that was answered by an error may be done by a later start. Labels are not taken from there. Then of
// several copies of a message in segments that are not retired one is chosen, the cold one first, the later first, if its bytes verify.
//
// Tombstones and labels are applied when all messages are known. Opening writes nothing, so it may be cut and
// repeated at will.
//
// # A copy of the folder
//
// The folder may be copied file by file while the spool is in use: the copy opens, with every mail that was there when the
// copy was begun, but for what was expunged since, and nothing that was expunged before. Slots of a copy are of different moments, so
//
//   - what was moved out of a segment stays there, and counts, for CopyTime: the copy has it in one place or the other. Of two copies
//     of a message the one that verifies is taken (copies.go);
//   - what is retired is not written over before CopyTime is over, and an open that finds holes in the log takes
//     tombstones out of retired segments too, for these are true for ever (inherit.go);
//   - a Hold does more, for as long as it lasts: nothing is retired (hold.go).
//
// When mail would be refused otherwise room comes first; Stats.Hurried counts it, and Release says so. Mail that came
// while the copy was made is in it, or not, or damaged.
//
// # Invariants
//
//	I1  What was acknowledged is durable: Commit and Expunge return nil after a successful flush of the
//	    batch.
//	I2  What was not acknowledged appears whole or not at all, for all recipients or for none.
//	I3  A page that was acknowledged is not written again in its segment. Batches begin on fresh pages.
//	I4  After a failed write or flush no batch is written to the segment any more: its footer is, and flushed,
//	    if the device takes it. That and the header of the next one
//	    say where it ended, and what lies behind never counts. The batch is written to another slot,
//	    once, and read back past the page cache; when that fails too, it was refused. What the one log
//	    owes for that is written before a batch of the other one (doubt.go).
//	I5  A tombstone names every segment that holds the message: a move leaves a copy behind until its
//	    segment is retired. It is needed as long as one of them counts, and carried out of a segment
//	    that is retired before that.
//	I6  A slot is written over only when a durable record retires its segment, and nobody has it pinned.
//	    That record is carried on until the slot has a durable new header: until then a power cut may
//	    show the old one.
//	I7  Unique-ids never change and are never given to another message.
//	I8  Bytes that do not verify are never served; what they cost is counted (Stats.Damaged). Damage
//	    costs the records that it hit.
//	I9  Bytes that a Message gave out stay what they are until it is closed, and for the kernel after
//	    that (direct writes replace pages, they do not change them).
//	I10 No input to Open makes it allocate more than some ten times the size of a slot at once, besides the index: values of
//	    one byte in a footer become eight or more in memory.
//
// # Budgets
//
//	memory   20 B a message and 2 bits; 12 B a label of a message; 8 B a mailbox for its habit; 16 B and its text for an imported unique-id; 16 B for each open that live mail came in; 60 B for a message that lies in a second segment, too, until that is retired; about 15 B for each
//	         message in the segments being written; a stage of 16 to 256 KiB, half of it used, while a batch is written; 256 KiB while a segment is
//	         scanned
//	flash    a batch: whole pages, one flush
//	         a large mail: its pages, a flush for each bulk slot, and a batch
//	         a sealed segment: its footer, about 15 B a message, no flush of its own
//	         a new slot: its size in zeros, once (recycle)
//
// # Files
//
//	spool.go stats.go                                  options, room, how it is
//	open.go loader.go scan.go copies.go inherit.go     a start
//	delivery.go bulk.go                                mail on its way in
//	appender.go commit.go segment.go facts.go          the log, the only writer of it, and what it writes
//	stay.go victim.go                                  what will stay, and what is moved
//	doubt.go                                           after a batch was refused
//	view.go label.go message.go verify.go              reading, and what a session leaves behind
//	mailbox.go imported.go bitmap.go index.go          the index
//	slot.go space.go reclaim.go compact.go moving.go   slots and room
//	hold.go                                            while the folder is copied
//	format.go header.go batch.go record.go footer.go   what is stored
//	trailer.go message_meta.go tombs.go labelled.go retired.go census.go   the msgp parts of it
package spool
