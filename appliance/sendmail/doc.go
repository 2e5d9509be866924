// Package sendmail is the program that cron, smartd, mdadm and PHP hand their mail to: the command line, the exit codes and
// the habits of sendmail(8), in front of a box that runs on the same machine.
//
// What it refuses to do: it keeps no queue, it sends nothing to other machines, and it has no rights: it brings mail to
// the box as anybody on this machine may. When the box does not answer it says so (EX_TEMPFAIL), and the caller tries
// again or does not.
//
//	arguments ──► Parse ──► Options                     ┌► LMTP, a socket of smtp.listen_lmtp
//	standard input ──► collect ──► Letter ──► hand over ┤
//	                   (header, body)                   └► SMTP on loopback
//
// # The life of a letter
//
//  1. All of standard input is read before anybody is called: cron opens the pipe at a job's first word and closes it hours
//     later, and no server waits for so long. 256 KiB of it are held in memory, the rest in a file without a name.
//  2. The header is looked at: with -t it says who gets the letter. Bcc and Return-Path are taken out, and From, Date and
//     Message-ID are added where they are missing. The body is not touched.
//  3. The ways to the box are tried one by one until one answers with a greeting.
//  4. Those recipients that the box accepts get the letter; the others are told on standard error.
//
// # Which way to the box
//
// The configuration says where the box listens, and the state folder which ports were taken for the standard ones. A user
// who may read neither tries port 25 and then 1025 of 127.0.0.1, and hands nothing over unless the greeting is that of a pillarbox: so
// another mail server on the machine is left alone. What stands behind 1025 could be put there by any user of the machine while the
// box is down; smtp.listen_lmtp names a socket in a folder that only the box can write, and is always tried first. Where
// smtp.require_auth is "always" it is the only way.
//
// # Invariants
//
//	M1  A letter is handed over once to each recipient, or not at all as far as can be known: after its end nothing is
//	    tried again. For each 1000 recipients there is a transaction of its own.
//	M2  Memory does not grow with the letter.
//	M3  Exit code 0 says that every recipient has it, durably.
//
// # Where what is
//
//	options.go   the command line
//	collect.go   standard input to Letter
//	header.go    what the header lacks
//	address.go   who is named in a field (RFC 5322 §3.4) or on the command line
//	deliver.go   envelope, and the ways to the box
//	transact.go  who gets it, who is refused
//	dialogue.go  -bs
//	client.go    the dialogue (RFC 5321, RFC 2033, RFC 3461)
//	exit.go      exit codes (sysexits.h)
package sendmail
