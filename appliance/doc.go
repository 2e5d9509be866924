// Package appliance is the composition root of the server: it opens what the configuration names,
// runs it, reloads it, and ends it in order.
//
// It owns every goroutine, and holds what joins the packages below it. It speaks no protocol,
// stores no messages, and decides nothing that a package below could decide. seams.go is the only
// file of the program that names the types of two pillars.
//
//	           listeners ──► access ──► pop3.Server ──► seams.go ──► spool
//	files ──► watch                 └─► smtpd.Server ─► delivery ──► spool
//	            └──► Reload ──► rules (replaced as a whole)
//	health checks ──► guard ──► watchdog, systemd, procd
//
// # Map of packages
//
//	who gets in          access       sessions, logins, limits: one table of clients
//	                     listen       listeners, ports, the accept loop, health probes
//	                     accounts     accounts, passwords, which mailbox an address has
//	how mail comes in    smtpd        SMTP and LMTP
//	                     delivery     the one way into the spool: quota, room, unfinished messages
//	                     transfer     a message between archive, control socket and spool
//	                     sendmail     the sendmail command
//	the page             web          set-up, status and accounts; autoconfig and QR codes below it
//	                     mdns         NAME.local and the services on the local network
//	                     doctor       checks and what to do about their findings
//	                     remote       mail collected at providers
//	what is kept         mailbox      policy, limits and views of one mailbox
//	                     retention    which messages leave a mailbox by themselves
//	                     clock        whether the date can be trusted
//	                     storage      opening the spool
//	commands             admin        the control socket, and all that a command asks
//	                     archive      Maildir and mbox, in and out
//	                     imapexport   export to a server of IMAP
//	                     cardupdate   signed updates of a card image
//	this machine         statedir     files of the state directory, and their owner
//	                     identity     names and addresses of this server
//	                     certs        certificate authority and certificate
//	                     confine      giving up rights
//	                     machine      memory, addresses
//	                     durable      replacing a file
//	                     guard        the watchdog is fed while all health checks pass
//	                     names        rules for names that several packages share
//	configuration, log   config, logging
//
// Life of a message: package delivery, then spool/doc.go, and spool/commit/doc.go for what a flush
// is and what follows when it fails. Life of a login: package access. Life of a download:
// pop3/doc.go, then spool/reader/doc.go. Life of a failure: package guard.
//
// # Invariants
//
//	A1  Nothing is served before everything is open. What cannot be opened is an error of New that
//	    names it, and everything else is released. A port that another program uses is off: log,
//	    setup and health name it, a reload tries it again, and it stops a start only if no listener
//	    for POP3 is left.
//	A2  When Run has returned, no goroutine of the appliance runs.
//	A3  A reload replaces the rules as a whole. What is bad leaves the old rules in force. A session
//	    goes on, unless its account was removed or has another password; every login, MAIL, deletion
//	    and delivery reads the rules of its moment.
//	A4  At most 256 sessions, fewer if the machine has little memory or few descriptors. Package
//	    access decides which session makes room: never that of a known client for a stranger.
//	A5  Logins are limited, for each account and each client, by package access. No client is exempt.
//	A6  Each minute the spool is inspected: faults and damage are logged; when the spool fills up,
//	    postmaster gets one message, also over restarts, before new mail is refused.
//	A7  No log line and no error holds a password or a subject. A client causes at most 100 lines in
//	    60 s: 30 a minute about what was done for it and 10 about what was refused or failed, a line
//	    with a sum for each event of which lines were left out, and one warning for a flood. All
//	    clients that no account has logged in from cause 60 of either together. See package logging.
//	A8  Root touches nothing in a state directory of another user (package statedir). Once everything
//	    is open, root is given up for the service user, and the kernel refuses every file except
//	    those in the state directory, the directories of configuration and certificate (to read) and
//	    of the LMTP sockets (to remove). No file in the state directory is opened through a link, and
//	    a directory that others can write is tightened or refused.
//	A9  Memory that sessions have used is returned to the machine when no session has begun or ended
//	    for 3 s, or after a minute; so is that of a first start. service.memory bounds what the
//	    server takes: a session for each 256 KiB, and the limit of the Go runtime.
//	A10 One clock tells the date (Options.Clock), and it may jump: no time-out, limit, order or
//	    identity depends on it. Messages are removed, hidden or shown again only under a clock that
//	    was trusted for the whole of their days (package clock).
//	A11 A mailbox holds at most its share of the spool and its quota, outside its bin (package
//	    delivery). Of several mailboxes of one address, those without room are left out, with a line
//	    in the log.
//	A12 The watchdog is fed only while all health checks pass: each accept loop takes a probe and the
//	    server greets it, commits make progress, the device of the spool can be read, the index
//	    answers, the loop that watches goes round. A probe takes no place of a client, no descriptor
//	    and no line of the log. A full spool, one that takes no writes, and damage are degraded, and
//	    the watchdog is fed.
//	A13 A hardware watchdog is armed when everything is open, or taken over if it is armed already;
//	    it is disarmed by an orderly stop alone. After too many resets it is not armed, and nothing
//	    is written to the spool.
//	A14 Unfinished messages never make the spool full for others (package delivery). A client whose
//	    octets come to nothing is refused at MAIL after 100 MiB in an hour.
//
// # Life of a connection
//
// Accepted → is its address allowed? → admitted by access.Table, or refused in one line → served in
// its one goroutine by the server of the rules in force → counted out. See package listen.
//
// # Life of a change
//
// A file changes → the kernel notifies, or the inspection each minute finds it → 100 ms without a
// further change → Reload: configuration, accounts, certificate, each the new one or, with an error
// in the log, the old one. Listeners, the size of the spool and the state directory wait for a
// restart, and the log says so.
//
// # Life of a stop
//
// The context of Run ends → listeners are closed → sessions that wait for their client end, replies
// that are being sent have 5 s, then connections are closed → the spool drains and releases its
// lock → Run returns.
//
// # Files, from the lowest layer up
//
//	latest, locks, tidy, threads,
//	bounds                          types without the appliance
//	certificate, firststart, logins
//	appliance.go                    Options, Appliance, rules
//	retain, condition               retention, and the notice to postmaster
//	pop3, receive, seams, enforce   servers of a protocol, and rules in force
//	checks, health, files           health checks, watched files
//	privileges, reload, watch       what happens while it runs
//	open.go, run.go                 New, Run, Close
package appliance
