// Package retention decides what leaves a mailbox by itself, and what a login sees of one.
//
// What it does: it judges messages by their policy (kept for ever, for a number of days, for a number of days
// after they were fetched), keeps a bin for what clients delete, hides for one device what that device deleted, and
// watches the clock, so that nothing is removed because somebody set it. What it refuses to do: it stores no mail, knows no
// account and no protocol, reads no content, and removes nothing that its policy does not name, however full the
// spool is; only the bin gives way to new mail.
//
//	wall clock, uptime ──► Witness ──► Term (since when the date can be believed)
//	                                     │
//	Policy (of an account) ──────────────┼──► Pass      removes what is due, hourly
//	View (anna, recent:anna+phone) ─────┴──► Maildrop  what a session sees, and leaves behind
//	                             spool full ──► Relieve  empties bins, the oldest first
//
// # What is kept
//
// Marks on messages, in the store. They go with their message, and there is no way to take one back:
//
//	bin          a client deleted it; the day of that
//	fetched      it was sent whole to a client; the day of the first time
//	view:NAME    the device NAME deleted it for itself; the day of that
//
// And a small text, so that a restart does not begin the term anew:
//
//	since 2026-03-01T09:12:44Z      since when the clock goes in step
//	seen  2026-11-24T17:00:00Z      when that was last true
//
// It is written at most once a day, at an orderly stop, and once when the clock is found to have jumped; where no policy removes
// anything, never.
//
// # Views
//
// A login may ask for a view: of a device, of recent mail, of both (package accounts has the names).
//
//	anna                 all mail. DELE deletes for everybody: into the bin, or at once where there is none
//	anna+phone           all mail but what this device deleted. DELE hides it from this device alone, until the
//	                     policy or anna removes it
//	recent:anna          the mail of the last 30 days, by the believed age: a clock that jumps hides nothing
//	recent:anna+phone    both
//
// Unique-ids are the same in all of them. What is in the bin is in none. Where sessions lock their maildrop, each view is a
// maildrop of its own: sessions are snapshots, so nothing changes under any of them.
//
// Restoring from the bin delivers the mail once more, as new: with another unique-id, so that every client fetches it, and with its days
// counted from then on.
//
// # Age
//
// A message is as old as is certain: from the end of the day that it came on, or from the beginning of the term when that is
// later or the day cannot be, to now. So an age is never more than the truth, whatever the clock did, and a term of N days is N days at
// least and N+1 at most. Days are those of UTC.
//
// The term begins anew when wall clock and uptime part by more than 2 minutes and a thousandth of what has passed, or the clock is before
// the date of the build. The uptime goes on while a machine sleeps, so that one that is asleep at night keeps its term. In the first hour of
// a run, in which a board without a clock learns the date, the clock may be set: what counts is whether it is then 0 to 7 days beyond the
// last time that was seen. Within that hour nothing is removed; so a box that was off for days lets its clients in first.
//
// # Invariants
//
//	R1  An age is never more than the true one, but for 7 days at most at a start after a time off, and four
//	    minutes a day.
//	R2  Without a policy nothing is marked or written, and nothing removed but what a policy of before has put into the
//	    bin.
//	R3  What a session leaves behind, deletes and marks, is one update: all or none of it, one flush.
//	R4  A pass that removes nothing writes nothing; one that removes makes one update a mailbox.
//	R5  The bin never makes the store refuse mail: it is emptied, the oldest day first, before mail is refused.
//	R6  A plain login to a mailbox with nothing hidden costs no memory a message; else it costs 4 B a message
//	    that is seen.
//	R7  A message counts as fetched when it was sent whole, also when the session ends without QUIT: the days after it are for
//	    the client that lost the line, and there are clients that never say QUIT.
//
// # Files
//
//	policy.go   how long, and what that means for a message     term.go     age
//	witness.go  the clock judged                                record.go   the small text (uptime_linux.go: the uptime)
//	maildrop.go what a session sees, and leaves behind
//	pass.go     what is due                                     relieve.go  the bin under pressure
package retention
