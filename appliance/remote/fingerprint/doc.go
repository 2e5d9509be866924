// Package fingerprint recognizes a message by its header, for when a provider has renumbered a
// mailbox: the names by which it calls its messages have changed, and the messages have not.
//
// A fingerprint is made of the first field of each of the names Message-ID, Date, From and Subject.
// White space is one space, and octets above 127 are equal, because servers replace both. A message
// without Message-ID has no fingerprint: it would be taken for another one, and a message that
// comes twice is better than one that is lost.
//
// # Invariants
//
//	F1  However the header is cut into writes, and whether its lines end in CRLF or LF, the
//	    fingerprint is the same.
//	F2  A Writer takes 1 KiB, whatever is written to it.
package fingerprint
