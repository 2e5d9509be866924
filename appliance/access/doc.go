// Package access decides which clients are served: how many sessions and TLS handshakes a client
// may have, how often it may try to log in, whether a password is right, which clients are known,
// when a login is revoked, how many unknown recipients a client may name, and how much it may
// waste.
//
// It speaks no protocol and owns no listener: the composition root calls it for each connection,
// and translates its errors for POP3 and SMTP. Everything that is remembered of clients is in
// one [Table], whose lock guards all its parts. Logins has a lock for the passwords that it
// remembers; neither is acquired under the other.
//
//	Logins ──► Table ──► sessions, handshakes      who makes room
//	             ├─────► guesses                   the limits of logins
//	             ├─────► floods                    what is logged of connections
//	             └─────► records ──► pairs         what is remembered of clients, and of an
//	                                               account and a client
//
//	             Enter            Handshake          Check                    Leave
//	connection ─────────► session ─────────► TLS ─────────► login ──► ... ───────► gone
//	              │ a full server:  │ too many:       │ limits, then
//	              │ the oldest of   │ likewise        │ one derivation    Revoke: a changed password
//	              ▼ the stranger    ▼                 ▼                   or a removed account
//	           makes room       ErrHandshakes     ErrWrong, ErrBusy
//
// A client is one address: IPv4 /32, IPv6 /128 of whatever scope, or a local user by uid
// (SO_PEERCRED). All strangers of an IPv6 /64 share a second, wider bound. A client is known from
// the first login of any account on; until then it is a stranger. A pair of an account and a client
// is known from the first login of that account from there on.
//
// # Sessions and handshakes
//
//	                    stranger, local user   known client   strangers of a /64   shared   all
//	sessions                      32               128               128             192    256
//	over local sockets            32                -                 -               -     192
//	handshakes                    16                32                -              48      64
//
// (For 256 sessions; see BoundsFor.) At its own bound a client's oldest session that has not logged
// in makes room. In a full server it is that of the stranger with the most, where the clients of a
// /64 count together. A known client has more, because a proxy or a router may put a family behind
// one address. A shared address (see Table.Share) is one of which that is certain: that from which
// the engine of a container forwards the whole network.
//
// # Limits of logins
//
// Each limit is a token bucket. An attempt takes one token of each that concerns it before its
// password is looked at, so that attempts under way count like failures, and waits until it can: 10
// s at most, 8 attempts of a client at a time (32 of a /64), then ErrBusy. What waits holds no
// place, so an attempt that is given up leaves nothing behind. A right password gets its tokens
// back, and so does one that was wrong already: refusing it again reveals nothing.
//
//	bucket                                     burst   a token in   a day
//	account and known client                      60      30 s       2,940
//	  and what right passwords refill             12     1 hour        288
//	account, first 5 failures of each stranger  1,500      1 min      2,940
//	  of them: strangers of one /64             1,000     90 s        1,960
//	account, further failures of all strangers     30     40 s        2,190
//	  of them: one stranger                         1     10 s        8,641
//	  of them: strangers of one /64                20      1 min      1,460
//	stranger, all accounts                         20      2 s
//	known client, accounts it is not known for     60      1 s
//	shared address, the same                      240    250 ms
//
// So against one account are judged in a day, at most:
//
//	from one address                  5 + 2,190                =  2,195
//	from 250 addresses                250 x 5 + 2,190          =  3,440
//	from any number of addresses      2,940 + 2,190            =  5,130
//	from a /64                        1,960 + 1,460            =  3,420
//	from the owner's own address      2,940 + 288              =  3,228
//	from that and any number          3,228 + 5,130            =  8,358
//
// The owner's new address finds a token of the first failures at once while fewer than 300 others
// guess, of which each gets five in a day (5 x 288 a day is what is refilled). It is delayed, as
// all are, when more do, for example many thousand hosts of the Internet, or one host that takes a
// new address of its /64 for each guess and the owner's is in the same /64. Known clients are not.
//
// What is not protected: a client that shares one address with the owner, such as behind a proxy
// that hides addresses, shares the bucket of the known pair, and can make the owner wait there.
// A shared address has no more guesses at an account than any other: only that one account is
// delayed, and only as long as it is guessed at.
//
// # Invariants
//
//	A1  No attempt is checked without a token, whatever the client has done before.
//	A2  Strangers cannot take a token of a known pair, nor the room of a known client.
//	A3  Neither answer, time, salt nor delay distinguishes an account from a name without one.
//	A4  A wait ends within 10 s (a wait for the processor in 30 s), with its client or with the
//	    server, and returns what it took. An attempt that was not checked is not counted.
//	A5  A session that has logged in makes room for none of another account. It ends when its login
//	    is no longer valid, and the oldest of an account if that has half of all sessions already.
//	A6  All memory is bounded, see Table. A client with something open is not evicted, nor is an
//	    account that exists, nor a known pair before its account has 12 others or the table 192.
//	    Of other pairs and networks, those of names without an account are evicted first.
//	A7  Known pairs are written at most once a day, as keyed hashes, 3 KiB at most; the file may be
//	    lost: then the owner's addresses are new.
//	A8  One password is derived at a time. Strangers have a queue of their own, of which one waits
//	    with the known pairs.
//	A9  Nothing is logged here. What the caller logs of floods and guesses is bounded by Notice and
//	    Alarm, and what clients cause by Lines.
//
// # Life of a login: who may log in how often
//
// How often is the table above: an account from a client that is known to it 60 times at once and
// then every 30 s, from strangers less. What happens to one attempt:
//
//	1  The user name is folded to an account, or to a name that has none. A password that was wrong
//	   for this pair just now is refused.
//	2  Table.admit takes the tokens (guesses.admit), or the attempt waits (Table.await).
//	3  A password that was right within the hour is right; else it is derived, in turn. A proof of
//	   SCRAM is compared; each wrong one counts, since it looks different each time.
//	4  Wrong: the pair records it, and 20 in a row make an Alarm. Right: the tokens go back, and
//	   the pair is known.
//	5  The caller records the login in the session, and checks the rules again.
//
// # Files
//
// From the bottom up: a file uses only files above it in this list.
//
//	client.go, client_linux.go   what a client is
//	keys.go                      the server's secret, and hashes by it
//	bucket.go                    token buckets, counts in a minute
//	slab.go                      small maps
//	pairs.go, known.go           pairs of an account and a client; the file of the known ones
//	bounds.go                    how many sessions and handshakes there may be, of each client, too
//	records.go                   what is remembered of a client: its connections, log lines, waste
//	sessions.go, handshakes.go   which of them makes room
//	guesses.go                   the limits of logins
//	recipients.go                unknown recipients
//	table.go                     the lock, and all that takes it for one step
//	admission.go                 a session from Enter to Leave, a handshake
//	revocation.go                logins of sessions, and those that no longer hold
//	attempts.go                  the steps of an attempt to log in, bounded waits
//	login.go                     the verdict on a password or a proof
package access
