// Package imapexport copies the messages of a mailbox to a folder of an IMAP server.
//
// It is a transfer.Taker: the exporting client calls it with each message, in the order of the
// mailbox. It deletes nothing and changes no message that the folder has.
//
// # Invariants
//
//	I1  A message is in the folder once, however often the export is run or cut off, if the server
//	    never rests for Options.Quiet while it has messages of a connection that was cut off.
//	I2  Without verified TLS nothing is sent: neither the password nor mail. STARTTLS that the server
//	    refuses ends the export.
//	I3  A message that the server refuses is in Refused and harms no other.
//	I4  Memory: 300 KiB, and about 60 octets for each message that the folder had.
//
// # How a message is recognized
//
// No field of an IMAP server records where a message came from, a Message-ID can be missing, and
// two messages can have the same one. So a message is recognized by a sum of the header fields that
// no server changes, and messages with equal sums are counted: of k such messages in the mailbox
// and m in the folder, the last k-m are appended. An export that goes on after a cut sees its own
// messages first, because the order of the mailbox never changes.
//
//	fields    Message-ID, Date, From, To, Subject, Received
//	values    without folding; octets above 127 are equal, because Cyrus can replace them
//
// # Files
//
//	dial.go    where to: the URL, connection and login
//	mailbox.go the folder           sum.go   the sum
//	pending.go the Taker, what was sent and not yet answered
package imapexport
