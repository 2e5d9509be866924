// Pillarbench is the load generator and the judge: it speaks SMTP and POP3 to a box from
// outside, as any client would, and shares no code with it. It never goes into an image.
//
//	pillarbench kill -box BINARY    kill -9 under load: is every acknowledged mail there once, whole?
//	pillarbench restore -box BINARY an old copy of the state put back: is a unique-id given twice?
//	pillarbench wear -box BINARY -folder DIR
//	                                what a mail costs the flash: device bytes, flushes, CPU, memory
//
// # Letters
//
// A letter is made from its number alone, so whoever fetches it can tell every octet it must
// have. Its body does not compress, has lines that begin with dots, and ends in one.
//
// # The kill test
//
//	life of a round
//	  1  four senders deliver letters, one connection each, as fast as the box takes them
//	  2  at a random instant the box is killed (SIGKILL); some rounds kill the next start too,
//	     while it recovers
//	  3  the box is started again on the same state
//	  4  each mailbox is listed and every mail not seen before is fetched
//
//	K1  a letter answered 250 is in each of its mailboxes, once, octet for octet
//	K2  a letter that was not answered is there once, whole, or not at all
//	K3  a mail seen before keeps its unique-id, and is never there under another
//	K4  a mail whose removal was answered +OK (QUIT, UPDATE state) stays away
//	K5  the box starts again without help, within ten seconds
//
// kill -9 proves that the box needs no goodbye; it does not lose what the kernel holds. The
// power cut, which does, is tested on the spool's model device.
//
// # The restore test
//
// Clients know mail by its unique-id for ever (RFC 1939 §7), also across a backup that was put back. The test
// copies the state, lets more mail come, puts the copy back, and lets other mail come, after a clean stop and
// after kill -9: no unique-id of one life may name another letter in the next.
//
// # Wear
//
// Device bytes and flushes are read from the stat file of the block device that holds -folder
// (Documentation/block/stat.rst: field 7 is sectors of 512 octets written, field 16 flush
// requests), before and after, with a syncfs on either side. The first mails fill slots that
// are zero-filled once in their life, so a warm-up comes first: it is delivered, removed and not
// counted. Memory is what only the box uses: Anonymous of /proc/PID/smaps_rollup.
package main
