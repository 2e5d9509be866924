// Package fingerprint recognizes a message by its header, for when a provider has renumbered a
// mailbox: the names by which it calls its messages have changed, and the messages have not.
//
// A fingerprint is made of the first field of each of the names Message-ID, Date, From and Subject.
// White space is one space, and octets above 127 are equal, because servers replace both.
//
// In a header without Message-ID the first Received field takes its place. That is enough to see
// that the message of a name is still the same one, but nothing is recognized by it: another one
// could have come in the same second, and a message that comes twice is better than one that is
// lost. A header without both has no fingerprint.
//
// The last bit of a fingerprint says which of the two it is. Fingerprints from before it had that
// meaning are compared without it.
//
// # Invariants
//
//	F1  However the header is cut into writes, and whether its lines end in CRLF or LF, the
//	    fingerprint is the same.
//	F2  A Writer takes 1 KiB, whatever is written to it.
package fingerprint
