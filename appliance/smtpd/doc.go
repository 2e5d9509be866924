// Package smtpd is the SMTP and LMTP receiver: it accepts mail for local mailboxes, and nothing
// else.
//
// A Router maps recipients to mailboxes, a Spooler stores messages, and an Authenticator checks
// credentials; intake.go has these interfaces. The package owns no listener and starts no
// goroutine: ServeConn serves one connection to its end.
//
// A session has its connection, package conn, as a field, and a transaction from MAIL to the
// verdict. What it knows of its client is one value, which the transaction shares:
//
//	Server ──► session ──► conn.Conn            lines, content, replies, deadlines, TLS
//	              ├──────► client ◄──────────┐  name, login, how its events are logged
//	              ├──────► offer, exchange   │  what EHLO lists; one AUTH command
//	              └──────► transaction ──────┘  envelope, recipients, receipts
//	                           └──► content ──► Delivery (the interface of the store)
//
// It relays only what a Relay admits, and sends nothing itself. It reveals which mailboxes exist
// only in replies to RCPT. It repeats nothing that a client sent (except I7), holds at most 8 KiB
// of a message in memory of its own, and accepts no end of data other than CRLF.CRLF.
//
// # Commands
//
//	+-------+ EHLO  +---------+ MAIL  +---------+ RCPT  +-----------+ BDAT  +----------+
//	| fresh | ----> | greeted | ----> | mailing | ----> | addressed | ----> | chunking |
//	+-------+ HELO  +---------+       +---------+       +-----------+       +----------+
//	          LHLO       ^ ^               |              |  RCPT: stays     |  BDAT: stays
//	                     | |  RSET, EHLO   |              |                  |
//	                     | +---------------+--------------+------------------+
//	                     |                                |                  |
//	                     +---- the verdict on DATA, on BDAT LAST, on a failed chunk
//
// A session begins in fresh, with the greeting, and is fresh again after STARTTLS. The table in
// commands.go has one row per verb; the phases in which it is accepted are a column.
//
// # Life of a message
//
//  1. MAIL: session.mail parses the reverse-path, compares SIZE= with the limit, calls
//     Spooler.Room, and makes the transaction.
//  2. RCPT: transaction.recipient parses the forward-path and routes it. Two paths to one mailbox
//     are one copy.
//  3. DATA or the first BDAT: transaction.open begins the delivery. Its shared part begins with
//     Received.
//  4. What the client sends passes block by block through wire.Scanner, in wire form into the
//     memory that the Delivery lends (Lender), or else into 8 KiB of the content and from there
//     into the Delivery.
//  5. The end of data: transaction.store returns the verdict: Commit returns once the message is
//     durable. Then session.deliver sends 250.
//
// # Receipts
//
// DSN is announced and honoured (RFC 3461). What cannot be stored here is refused while the client
// is connected, so for local recipients NOTIFY=FAILURE and DELAY have nothing to report, and RET=
// nothing to return. For NOTIFY=SUCCESS a local sender gets a report (RFC 3464). A sender elsewhere
// cannot be reached, because this package does not send: its message is accepted anyway, and the
// reply to RCPT states that there will be no report. The wishes for recipients elsewhere are given
// to the Spooler with them. LMTP does not announce DSN: the client is a mail server that can report
// from the verdicts, and can reach every sender.
//
// # Recipients elsewhere
//
// A recipient that is not of a local domain is refused, unless the Relay names an account through
// which the client may send (transaction.relay). Then it is a Recipient with Outside set, in the
// same delivery as the others: one message is stored once. The trace that all share names neither
// the client nor its user; the local mailboxes have the full one in their heads. The header is held
// until it is complete (64 KiB), so that the Relay can refuse what From says, or change it, before
// the first octet is written (header.go).
//
// # Senders
//
// RequireAuth requires a login before MAIL, as a submission port does (RFC 6409). With Owns a user
// that is logged in sends from its own addresses only. This is about the reverse-path, which
// Return-Path shows. The From field is content, and content is stored as it is. Every user may use
// the null reverse-path, because receipts are sent from it.
//
// # Content and addresses
//
// SMTPUTF8 is announced (RFC 6531): addresses may be UTF-8, and the Router compares them octet by
// octet as they were sent. Without the parameter such an address is 553 5.6.7; with it, an unknown
// one is 550 5.1.1. A domain in U-labels is not the same as its A-labels here. BINARYMIME is not
// announced: content is stored in lines.
//
// The head of a mailbox's own copy is Return-Path and Delivered-To, and precedes Received. A bare
// name in either (root, postmaster) is shown at the server's host name, so that an answer finds its
// way and fetchmail's "envelope Delivered-To" finds an address to compare with its local domains.
// Delivered-To is the forward-path as RCPT had it, the first that led to the mailbox. Received
// names the recipient only if there is one. A message that does not begin with a header field gets
// a blank line after Received, because otherwise its first lines would be read as header fields.
// Separator lines of an mbox file in front of a header ("From anna Mon Nov 30 ...", ">From ...")
// are dropped (header.go). A zero octet in content becomes a space (wire.Scanner).
//
// # Invariants
//
//	I1  250 after content is sent if, and only if, Commit returned nil.
//	I2  Every Delivery that was begun is ended, by Commit or by Abort.
//	I3  A command either gets its reply or is refused; a refused command changes nothing.
//	I4  What follows DATA or BDAT is never a command, whatever the reply was or will be.
//	I5  After STARTTLS nothing remains of what was read before it.
//	I6  Replies leave before the session waits for its client, and those to pipelined commands
//	    leave together.
//	I7  Replies and headers contain nothing of the client's text except what was parsed; a
//	    reply contains only the domain of a recipient that is not local, if it is ASCII.
//	I8  A receipt is durable before its message is answered with 250.
//	I9  No password is in the log, in an error or in a reply.
//
// # Time limits
//
// A client has five minutes for a command. Content has to arrive at 64 octets a second, measured
// over four minutes: so a slow sender is served, and one that stops or trickles is cut off in
// minutes, however fast it began. Chunks of one message are measured together. A TLS handshake has
// ten seconds. A zero octet in a command, an endless line, a chunk of unknown size, a browser's
// verb, and too many mistakes, failed logins or idle commands end the session. When the context of
// ServeConn ends, a waiting session gets 421 4.3.2; a commit is finished.
//
// Package conn gathers the replies, and keeps a wait for the rest of a line short.
//
// # RFC sections and files
//
//	RFC 5321 §2.3.8, §4.5.2  ends of lines and data, transparency   ../../pop3/wire/scanner.go
//	RFC 5321 §3.1            greeting                               auth.go
//	RFC 5321 §4.1.1          verbs and their order                  commands.go, session.go
//	RFC 5321 §4.1.1.1        EHLO, HELO, what is announced          auth.go, offer.go
//	RFC 5321 §4.1.1.2        MAIL                                   mail.go, parameters.go
//	RFC 5321 §4.1.1.3        RCPT                                   recipients.go, parameters.go
//	RFC 5321 §4.1.2-3        paths, address literals                path.go
//	RFC 5321 §4.1.1.4        DATA                                   data.go, content.go
//	RFC 5321 §4.1.1.5-10     RSET, VRFY, EXPN, HELP, NOOP, QUIT     commands.go
//	RFC 5321 §4.2, RFC 3463  replies                                reply.go
//	RFC 5321 §4.4            Received, Return-Path                  received.go
//	RFC 5321 §4.5.3          sizes and time-outs                    server.go, conn/conn.go
//	RFC 6409                 recipients of other servers            recipients.go, header.go
//	RFC 1870, 6152, 6531     SIZE, 8BITMIME, SMTPUTF8               parameters.go
//	RFC 2033                 LMTP                                   commands.go, data.go
//	RFC 3461                 DSN                                    recipients.go, parameters.go
//	RFC 3462, 3464, 6533     reports                                report.go
//	RFC 3848                 the "with" word of Received            client.go
//	RFC 8314 §4.3            TLS in Received                        received.go
//	RFC 2920                 PIPELINING                             conn/io.go
//	RFC 3030                 CHUNKING                               data.go
//	RFC 3207                 STARTTLS                               auth.go, conn/io.go
//	RFC 4954                 AUTH                                   auth.go, offer.go
//
// # Files
//
// From the bottom up: a file uses only files above it in this list.
//
//	path.go, intake.go           addresses; what the server asks of its owner
//	reply.go                     replies, and which errors lead to them
//	parameters.go                parameters of MAIL and RCPT
//	header.go, content.go        what a client sends of a message, on its way to the store
//	received.go, report.go       the trace, the delivery report
//	server.go, client.go         one server and its limits, what is known of one client
//	transaction.go               the current message
//	recipients.go, store.go      its recipients; its delivery, and that of its report
//	offer.go                     what a client may use now
//	session.go, events.go        a session and its phase, what it logs
//	auth.go, mail.go, data.go    its commands: EHLO, STARTTLS, AUTH; MAIL, RCPT; DATA, BDAT
//	commands.go                  the table of them, and those without an effect
//	serve.go                     reading and executing them, from the greeting to the end
package smtpd
