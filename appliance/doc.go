// Package appliance is the box: it puts the three pillars together, owns every goroutine, and
// knows what happens when something changes while it runs.
//
// What it does: it opens what the configuration names, makes what is missing, lets clients in and
// counts them, says who is who, reloads, and comes to an orderly end. What it refuses to do: it speaks no
// protocol and stores no mail; it names no types of two pillars but in seams.go, where one is
// answered by the other.
//
//	         listeners ──► gate ──► pop3.Server ─────┐          ┌──► accounts (who, whose)
//	files ──► watch          └────► smtpd.Server ────┤ seams.go ┤
//	            └─► Reload ─► rules (swapped whole)  ┘          └──► spool ──► flash
//
// What lies in the state folder, all of it 0700/0600:
//
//	spool/        the mail. Losing it loses mail.
//	accounts      who has a mailbox (package accounts). Losing it loses passwords, and the way to the mail.
//	certs/        the certificate (package certs). Losing it makes clients ask again.
//	secret        what the salts of unknown users are made of. Losing it tells a guesser who is unknown, once.
//	clock         since when the clock can be believed (package retention), where mail is removed by days. Losing
//	              it counts the days anew.
//	ports         which ports were taken for the standard ones. Losing it chooses anew.
//	watchdog      why a box that could not prove itself was ended, and how often in a row (package watchdog); only then. Losing it
//	              loses the reason and the count.
//	control       the socket that commands ask a running box by (package control). It is made anew at each start.
//	first-login   the password of the first start, until the first login.
//
// Invariants:
//
//	A1  Nothing is served before everything is open; what cannot be opened is an error of New that
//	    names it, and everything else is given back.
//	A2  When Run has returned, no goroutine of the appliance runs.
//	A3  A reload replaces the rules whole. What is bad leaves the old rules in force. A session
//	    goes on; every login and delivery asks the rules of its moment.
//	A4  At most 256 sessions, 32 of one peer, 64 unfinished TLS handshakes; fewer where the machine has little memory
//	    or few descriptors. A peer is an IPv4 address or an IPv6 /64. In a full house the oldest session of the stranger
//	    with the most of them makes room; a peer that has logged in before is never asked to.
//	A5  After 5 different wrong logins a peer waits a second for each further one; a peer that has logged in
//	    before never does. One password is derived at a time, for known and unknown names alike, and strangers stand in a
//	    line of their own.
//	A6  Each minute the spool is looked at: faults and damage go to the log; a spool that fills up is told to
//	    postmaster, once, by a mail, before new mail is refused.
//	A7  No log line and no error holds a password. What clients do that are not served fills no log: 5 lines a minute of
//	    one, 60 of all, a count of the rest, and one warning a flood.
//	A8  Once everything is open, root is given up for the user of [service], and the kernel is told to refuse every file but
//	    those in the state folder, the folders of configuration and certificate (to read) and of the LMTP sockets (to remove).
//	A9  Memory that sessions have used goes back to the machine when the box has been quiet for 3 s, or after a minute; so does
//	    that of a first start. A start and a few sessions alone are not worth the first time, for that costs more than it brings.
//	    What the box may take in all, [service] memory says: a session for each 256 KiB, and the ceiling of the Go runtime.
//	A10 What day it is, one clock says (Options.Clock), and it may jump: no time-out, limit, order or identity depends on it.
//	    Mail is removed, moved into sight or out of it only under a clock that was believed for the whole of its days.
//	A11 A mailbox holds at most its share of the spool, and its quota: asked at RCPT by the announced size, for that recipient
//	    alone. Mail of an unknown size, and mail that comes at the same time, may go over it once each. The bin
//	    counts, and gives way. Of several mailboxes of one address, those without room are left out, with a line in the log.
//	A12 The watchdog is fed only on proofs: each accept loop lets a probe in and the server greets it, commits get on, the device of the spool
//	    reads, the index answers, the loop that watches goes round. A probe takes no place, no descriptor and no line of the log, and
//	    no crowd keeps it out. A full spool, one that takes no writes, and damage are degraded, and fed.
//	A13 A hardware watchdog is armed when all is open, or taken over where it runs already; it is disarmed by an orderly stop alone. After
//	    too many resets it is not armed, and nothing is written to the spool.
//
// # Life of a connection
//
// accepted → is its address allowed? → counted in by the gate, or refused in one line → served in its one
// goroutine by the server of the rules in force → counted out.
//
// # Life of a change
//
// A file changes → the kernel says so, or the look every minute finds it → 100 ms without a further change →
// Reload: configuration, accounts, certificate, each the new one or, with an error in the log, the old one.
// Listeners, the spool's size and the state folder wait for a restart, and the log says it.
//
// # Life of a stop
//
// ctx of Run ends → listeners are closed → sessions that wait for their client end, replies that are under way have 5 s,
// then connections are closed → the spool drains and gives its lock back → Run returns.
package appliance
