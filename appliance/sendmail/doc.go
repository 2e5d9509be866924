// Package sendmail is the program that cron, smartd, mdadm and PHP hand their mail to: the command
// line, the exit codes and the habits of sendmail(8), in front of a server on the same machine.
//
// It keeps no queue, it sends nothing to other machines, and it has no rights: it submits mail as
// any user of this machine may. If the server does not answer, the exit code is EX_TEMPFAIL, and
// the caller decides whether it tries again.
//
//	arguments ──► Parse ──► Options                     ┌► LMTP, a socket of smtp.listen_lmtp
//	standard input ──► collect ──► Input  ──► hand over ┤
//	                   (header, body)                   └► SMTP on loopback
//
// # The life of a message
//
//  1. All of standard input is read before a connection is opened: cron opens the pipe at the first
//     output of a job and closes it hours later, and no server waits that long. 256 KiB are held
//     in memory, the rest in a file without a name.
//  2. The header is read: with -t it names the recipients. Bcc and Return-Path are removed, and
//     From, Date and Message-ID are added if they are missing. The body is not changed.
//  3. The ways to the server are tried one by one until one answers with a greeting.
//  4. The recipients that the server accepts get the message; standard error names the others.
//
// # Bad recipients
//
// A recipient that is bad or unknown never keeps the message from the others. Text that is not an
// address is reported and skipped (address.go). The server refuses recipients one by one; after
// many bad ones it ends the connection, and the others are tried by another one (call.go). The
// exit code is that of a permanent error if there is one. Only if no recipient has the message, a
// temporary error counts more: then trying again delivers nothing twice.
//
// # Which way to the server
//
// The configuration says where the server listens, and the state directory which ports it chose in
// place of the standard ones. A user that may read neither tries ports 25 and 1025 of 127.0.0.1,
// and sends nothing unless the greeting is that of pillarbox: another mail server on the machine is
// left alone. While the server is down, any user of the machine can listen at 1025 and greet like
// it. smtp.listen_lmtp names a socket in a directory that only the server can write, and is always
// tried first. If smtp.require_auth is "always", it is the only way.
//
// For root this is not enough, because mail of root has secrets. Before root sends anything, the
// user of the program that answers is compared with the users that the server may run as
// (way.go).
//
// # Invariants
//
//	M1  A message is handed over once to each recipient, or not at all as far as can be known: after
//	    its last octet was sent, nothing is tried again for the recipients of that transaction.
//	    A transaction has at most 1000.
//	M2  Memory does not grow with the message, only with the number of recipients.
//	M3  Exit code 0 means that every recipient has it, durably.
//	M4  As root, nothing is sent to a program of another user than root or the server's.
//
// # Where what is
//
//	options.go     the command line
//	collect.go     standard input to Input
//	header.go      the fields that are read, removed and added
//	address.go     the addresses of a field (RFC 5322 section 3.4) or of an argument
//	message.go     envelope, and what is sent
//	way.go         the ways to the server, the user of the server
//	client.go      the connection (RFC 5321, RFC 2033, RFC 3461)
//	transact.go    transactions, and what became of each recipient
//	call.go        one run: its mode, which way answers, standard input to the server; -bs
//	exit.go        exit codes (sysexits.h)
package sendmail
