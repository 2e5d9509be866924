// Package retention decides which messages are removed automatically, and what a login sees of a
// mailbox.
//
// It judges messages by their policy (kept without limit, for a number of days, for a number of
// days after they were fetched), keeps a bin for what clients delete, and hides for one device what
// that device deleted. Ages are those of a trusted clock (package clock), so that nothing is
// removed because the date was set. It stores no messages, handles no accounts and no protocol,
// reads no content, and removes nothing that a policy does not name, however full the spool is;
// only the bin makes room for new mail.
//
//	trusted interval (package clock) ────┐
//	Policy (of an account) ──────────────┼──► Pass      removes what is due, hourly
//	View (anna, recent:anna+phone) ─────┴──► Maildrop  what a session sees, and changes
//	                             spool full ──► Relieve  empties bins, the oldest first
//
// # What is stored
//
// Marks on messages, in the store. They exist as long as their message and cannot be removed:
//
//	bin          a client deleted it; the day of the deletion
//	fetched      it was sent completely to a client; the day of the first time
//	view:NAME    the device NAME deleted it for itself; the day of the deletion
//
// # Views
//
// A login may select a view: of a device, of recent mail, or both (package accounts parses the
// names).
//
//	anna                 all messages. DELE deletes for every view: into the bin, or at once if
//	                     there is none
//	anna+phone           all messages but those that this device deleted. DELE hides a message from
//	                     this device alone, until the policy or anna removes it
//	recent:anna          the messages of the last 30 days, by the certain age: a jump of the clock
//	                     hides nothing
//	recent:anna+phone    both
//
// Unique-ids are the same in all of them. No view contains the bin. Where sessions lock their
// maildrop, each view is a maildrop of its own: sessions are snapshots, so nothing changes under
// any of them.
//
// Restoring from the bin delivers the message again as a new one: with another unique-id, so that
// every client fetches it, and with its days counted from then on.
//
// # Age
//
// The age of a message is what is certain: from the end of the day of its arrival, or from the
// beginning of the trusted interval if that is later or the day is impossible, to now. So an age is
// never more than the truth, and a period of N days is N days at least and N+1 at most. Days are
// those of UTC.
//
// # Invariants
//
//	R1  An age is never more than the true one, except by 7 days at most at a start after a time
//	    off, and by four minutes a day.
//	R2  Without a policy nothing is marked or written, and nothing is removed but what an earlier
//	    policy has put into the bin.
//	R3  The deletions and marks of a session are one update: all or none of it, one flush.
//	R4  A pass that removes nothing writes nothing; otherwise it makes one update per mailbox.
//	R5  The bin never makes the store refuse mail: its room counts as free when a message is
//	    announced, and is emptied for messages that have arrived completely, the oldest day first
//	    and by as many octets as are missing.
//	R6  A plain login to a mailbox with nothing hidden costs no memory per message; otherwise it
//	    costs 4 B per visible message.
//	R7  A message counts as fetched when it was sent completely, even if the session ends without
//	    QUIT: the days after it are for a client that lost the connection, and some clients never
//	    send QUIT.
//
// # Files
//
//	policy.go    how long, and what that means for a message
//	maildrop.go  what a session sees, and changes
//	pass.go      what is due, and the bin when room is needed
package retention
