// Package format is what a spool stores: the bytes of slots, segments, batches and records, and the
// values that they stand for. This page is the format document, version 1.
//
// The package encodes, decodes and scans. It has no access to a Spool and holds no lock. It never
// writes to a file, and reads only through a [Window], a [FooterReader] and [ReadFooter].
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
//	            [[offset/8, epoch's position, seq, day, octets,
//	              [key's position, head, …], uid, extents], …],
//	            tombstone sets as in 2, segments as in 4, manifest as in 6, labels as in 7];
//	            offset, seq and day of a message are differences from the one before, signed,
//	            the first from 0; uid and extents are left out where both are empty; the epochs
//	            are those of the messages and of the open that wrote the footer; with remotes as
//	            in 8 as a tenth field if there are some
//	6 manifest [up to, slot, segment, slot, segment, …]
//	7 labels   [[label, key, day, epoch, tag, [first seq, difference, difference, …]], …]
//	8 remotes  [[account, key, day, epoch, tag, settled, [id and fingerprint, first seq,
//	            id and fingerprint, difference, …]], …]; in version 2
//	extents    [slot, segment, page, length, sum, slot, segment, …]
//
// A message has 1…1024 recipients, a reverse-path of at most 1024 bytes, a uid of at most 70. A
// record that holds anything else, or a byte more, does not verify.
//
// FORMAT is four lines: "pillarbox spool", "version 1", "id " with 32 hexadecimal digits, "slot "
// with the bytes of a slot, 65,536…67,108,864 and whole pages. Version 2 adds a fifth line, "sum "
// with the crc of the others in 8 hexadecimal digits, so that a damaged version 1 differs from a
// version that a program does not know. It is written before the first record of kind 8, and is the
// same in all else; the headers of segments that begin later have its number. A slot's file is
// named by its number, in five digits or more.
//
//	received      seconds since 1970, signed, by a clock that may have been wrong
//	from          the reverse-path
//	octets        of the mail as POP3 lists it, without heads: CRLF counted, byte-stuffing and the
//	              closing ".CRLF" not
//	header        stored bytes of the mail that are its header, with the blank line
//	sum           of a message: the crc of its body, from seed(segment); of an extent: the crc of
//	              its bytes, from seed(segment of the extent)
//	day           when it came, or the label was given: days since 1970, 0…65535
//	label         1…80 bytes that mean something to the caller; of two days of the same label the
//	              earlier counts
//	key, head     a mailbox and the bytes of its own head; key 0 was expunged before the move
//	uid           the unique-id that the mail had in another store, or ""
//	account       of a provider, as the caller calls it
//	id and        24 bytes: how the message is called there, and the fingerprint of its header, 12
//	fingerprint   bytes each; the message is (epoch, seq) in the mailbox key
//	settled       1: the id counts; 0: it counts if its message verifies or was expunged. An id that
//	              is written again when its segment is retired is settled
//	end           the page after the last batch
//	up to, …      the manifest, in the first batch of a log segment that is not cold: when it began,
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
// up with zeros, in any order of deliveries. Only records in the log say what they are.
//
// # Identity
//
// Every open that writes draws a random 64-bit tag and the next epoch number, which are durable
// with its first batch and in each footer that it writes; it numbers its messages from 0. A message
// is (tag, seq) permanently, wherever it lies. Its unique-id is the base32 (a-z2-7) of tag and seq,
// 12 bytes, big endian: 20 characters. So unique-ids survive compaction, an emptied mailbox and a
// copy that is put back: an open of the copy draws another tag. Epoch numbers only give the order.
//
// # Invariants
//
//	F1  Every decoder accepts any bytes. Bytes that were not written by this package are
//	    ErrUnreadable, with as much memory as there are bytes at most.
//	F2  A decoded value that is encoded again decodes to the same value (FuzzDecode).
//	F3  Every checksum starts from the seed of the spool and the segment, so that bytes of an
//	    earlier segment in the same slot, or of another spool, never verify.
//	F4  The bytes of version 1 do not change: the golden files of package spool hold them.
//	F5  The meta of every record is msgp, written and read by github.com/tinylib/msgp.
//
// # Files
//
//	format.go      the FORMAT file: identity of the spool, slot size, seeds
//	checksum.go    checksums over many bytes, on processors without an instruction for them
//	header.go      page 0 of a slot
//	batch.go       the header of a batch, lifetime counters
//	record.go      the frame of a record, the trailer; message.go, tombstones.go, manifest.go,
//	               labels.go, remote.go: the meta of each kind
//	footer.go      the summary of a sealed segment
//	window.go      parts of a slot, past the page cache
//	readfooter.go  the footer of a sealed slot, read; decodefooter.go: its contents
//	scan.go        a segment read record by record, with damage
//	reader.go      msgp values from untrusted bytes
package format
