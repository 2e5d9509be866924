// Package outbound sends mail to the outside world: through the outgoing servers of the remote
// accounts, and no other way. It is the queue, its schedule, and the rules of who may send.
//
// A message for recipients elsewhere lies in the spool like any other, under the mailbox key Key:
// one (key, head) for each recipient elsewhere, beside those of the mailboxes here, in one record
// and one flush (head.go). What is done is expunged. Nothing else is stored: a retry, a reply and a
// wait write nothing, and after a start the plan is made again from the age of the messages.
// Version 1 of the spool's format carries this: an older version of the program lists the queue as
// an orphan and leaves it alone.
//
// The package opens no connection: a Dialer does, in whatever process. It stores no report: Deliver
// does. It decides nothing about recipients here.
//
// # The life of a message
//
//  1. A user that is logged in names a recipient elsewhere. Policy decides whether the sender is
//     one of the user's remote accounts (submission.go). The message is committed; Wake.
//
//  2. scan finds it. One session takes all that waits for an outgoing server (serve.go).
//
//  3. Sent: expunged at once. 5xx: a report into the mailbox of the owner, then expunged. 4xx, or
//     no reply: it waits (finish.go, scan.go).
//
//  4. 4 hours with a connection: the sender is notified once. 5 days with a connection, or 30 days
//     in all: it is returned.
//
//     ┌──── 4xx: 1, 2, 5, 10, 20, 40, 60 min, hourly ────┐
//     ▼                                                  │
//     spool ── scan ──► waiting ── session ──► Send ──┬── 250 ─► expunged        │
//     ▲                       ├── 5xx ─► report, expunged│
//     │                       ├── 4xx ───────────────────┘
//     └─ 10 min, Sent folder ─┴── no reply to the final dot
//
// An account waits as a whole: out of reach, it is probed after 1, 2, 4, 8 and every 15 minutes,
// and nothing counts; after 421, 454 or a limit of the provider, for an hour; after two refusals of
// its login, until there is another secret.
//
// # In doubt
//
// A transaction that ends without a reply to the final dot leaves its recipients in doubt. After 10
// minutes the provider's folder of sent mail is searched for the Message-ID. A copy there counts
// for a recipient only if every transaction that may have left it had this recipient: none of the
// message went to others, none was before the start, and no other message of this process has the
// same Message-ID (indoubt.go). The others are sent to in the same session, as if nothing had been
// found. Where it is not certain, the message is sent again, with a line in the log: a doubled
// message is a nuisance, a lost one is not noticed.
//
// The folder is searched only at providers that fill it themselves, and for a copy with the trace
// of this server: one that a mail client has put there by IMAP has none. A provider that takes the
// trace out of its copies has the message sent again. A copy of the same Message-ID from before the
// start, or 1024 Message-IDs ago, is not known, but one that is sent again (Resent-From) is not
// searched for.
//
// # Invariants
//
//	O1  No open relay: a recipient elsewhere is accepted only if Policy names the remote account.
//	O2  A message leaves the queue only after a reply of 2xx to its end, or after a report about it
//	    is durable, or because its sender wants none, or by a command.
//	O3  The null reverse-path is never answered.
//	O4  Time without a connection never returns a message before 30 days.
//	O5  A retry writes nothing.
//	O6  A copy of the state directory sends nothing before queue release.
//	O7  Only Run numbers recipients, in the view that it sends from. One without a number is neither
//	    sent nor expunged.
//
// A power cut between the provider's 250 and the expunge sends the message again after the start.
// That is once for each such cut; the log has a line for every message found at a start.
//
// # Budgets
//
//	memory   about 500 B for each recipient that waits, 64 KiB while a message is sent;
//	         up to 100 KiB for the 1024 Message-IDs that were sent last
//	flash    nothing for a retry; one page for what is expunged; a report is a message
//
// # Where what is
//
//	head.go                      what the spool holds of a recipient
//	submission.go, header.go     who may send, and as which address
//	schedule.go, parcel.go       when
//	queue.go                     the queue; remote accounts and sessions, as it needs them
//	scan.go                      what waits in the spool, and what has expired
//	run.go                       the goroutine
//	serve.go, stored.go          one session
//	indoubt.go                   which recipients have a message whose end had no reply
//	finish.go                    what its results mean
//	reporter.go                  reports (RFC 3464)
//	hold.go, list.go             commands
package outbound
