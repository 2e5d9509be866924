// Package crash tests that a server keeps what it has acknowledged: when it is killed, when the
// power fails, and when an old copy of its state is restored.
//
// # The kill test
//
// In each round
//
//  1. four senders deliver messages, one connection each, as fast as the server accepts them;
//  2. at a random instant the server is killed (SIGKILL); some rounds kill the next start, too,
//     while the server recovers;
//  3. the server is started again on the same state;
//  4. each mailbox is listed, and every unknown message is retrieved.
//
// The rules:
//
//	K1  a message that was acknowledged (250) is in each of its mailboxes once, octet for octet
//	K2  a message that was not acknowledged is there once and whole, or not at all
//	K3  a known message keeps its unique-id, and never appears under another
//	K4  a message whose removal was acknowledged (+OK to QUIT) stays removed
//	K5  the server starts again without help within ten seconds
//
// SIGKILL shows that the server needs no clean end, but it does not lose what the kernel caches.
// The power-cut test does.
//
// # The power-cut test
//
// The server runs on an emulated board (package testbed) with a real file system, on a disk whose
// cache is lost (package disk). The senders, the client that removes messages and the ledger are
// outside the board. In each round
//
//  1. the board boots, and the rules K1…K5 are checked; some of the known messages are retrieved
//     again, at the end all of them;
//  2. four senders deliver messages, while one client removes older ones, a few in each session;
//  3. the power is cut at a random request of the disk; in every fourth round at one of the
//     start, while the file system and the spool recover;
//  4. the cache of the disk is dropped, kept or torn, in turn.
//
// With a provider outside the board (package mailhost) mail is fetched and sent, too. The provider
// keeps its own truth. Messages come to its four accounts, two of POP3 and two of IMAP, all the
// time; the server deletes at one of each what it has fetched, and leaves it at the others. A user
// sends messages to other servers through it. One round of four is without local senders, and one
// of four without anything that is sent, so that the power fails while messages are fetched. After
// the last cut the server collects until nothing is new, and sends until its queue is empty. Then
//
//	F1  every message that was offered is here once, octet for octet, or was removed by its owner:
//	    K1…K4 hold for it from the first time that it is found
//	F2  what was deleted at the provider was durable here: it is here after the next start
//	F3  where messages are deleted none is left at the provider, and elsewhere all are
//	S1  what arrives at the outgoing server is what a user has sent, octet for octet, to that
//	    recipient
//	S2  a message arrives again only after a cut, and only the last one that had arrived before it
//	S3  a message that was acknowledged arrives at each recipient
//
// A removal that was cut may be done or not: the next listing decides, and then it stays so.
// Lossy tests the test itself: with a mount without barriers, or a server that does not flush, it
// must find lost messages. Harsh makes the same cuts of a server that flushes, which must lose
// none.
//
// The disk counts what the kernel below the server requests. The same seed makes the same random
// choices, but the guest's clock is real, so a run cannot be repeated request by request: the
// image that violated a rule is kept.
//
// # The restore test
//
// Clients identify a message by its unique-id permanently (RFC 1939, section 7), also after a
// restore from a backup. The test copies the state, lets more messages arrive, restores the copy,
// and lets other messages arrive, after a clean stop and after SIGKILL: no unique-id may name two
// messages.
package crash
