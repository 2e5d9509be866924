// Package smtpd is the attached SMTP and LMTP receiver: it takes mail for the people of
// this house, and nothing else.
//
// It asks a Router where a recipient's mail goes, a Spooler to keep it, and an Authenticator who
// a client is; intake.go is all of that. It owns no listener and makes no goroutine: ServeConn
// serves one connection to its end.
//
// What it refuses to do: it relays for nobody, logged in or not; it never says who exists but
// to RCPT; it never repeats what a client sent; it holds no mail in memory, but 32 KiB of the one
// that is coming in; it has no tolerance for ends of data other than CRLF.CRLF.
//
// # What is spoken
//
//	+-------+ EHLO  +---------+ MAIL  +---------+ RCPT  +-----------+ BDAT  +----------+
//	| fresh | ----> | greeted | ----> | mailing | ----> | addressed | ----> | chunking |
//	+-------+ HELO  +---------+       +---------+       +-----------+       +----------+
//	          LHLO       ^ ^               |              |  RCPT: stays     |  BDAT: stays
//	                     | |  RSET, EHLO   |              |                  |
//	                     | +---------------+--------------+------------------+
//	                     |                                |                  |
//	                     +---- the verdict on the content of DATA, of BDAT LAST, of a chunk that failed
//
// A session begins fresh, with the greeting, and is fresh again after STARTTLS.
// The table in commands.go has one row a verb; the phases in which it is accepted are a column.
//
// # The life of a mail
//
//  1. MAIL: the reverse-path is parsed, SIZE= is held against the limit, the Spooler is asked for room.
//  2. RCPT: the forward-path is parsed and routed. Two paths to one mailbox are one copy.
//  3. DATA or the first BDAT: the delivery begins. Its shared part begins with Received.
//  4. What the client sends goes block by block through wire.Scanner into a 32 KiB buffer, and from
//     there into the Delivery, in wire form.
//  5. The end of data: Commit returns when the mail is durable, and then 250 is said.
//
// # Receipts
//
// DSN is announced and honoured (RFC 3461). What cannot be delivered is refused while the client is still there, nothing
// waits and nothing is passed on: so NOTIFY=FAILURE and DELAY have nothing to report, and RET= nothing to return. For
// NOTIFY=SUCCESS the sender gets a report (RFC 3464) when it lives in this house. A sender elsewhere cannot be reached, for
// nothing goes out from here: its mail is taken all the same, and the reply to RCPT says that there will be no receipt.
// LMTP does not announce DSN: the client there is a mail server that knows from the verdicts what to report, and can
// reach everybody.
//
// # Who may send
//
// RequireAuth asks for a login before MAIL, as a submission port does (RFC 6409). With Owns a user that is logged in sends
// from its own addresses only. That is the reverse-path, which Return-Path shows, not the From field: that is content, and
// content is kept as it came. The null reverse-path is everybody's, for receipts are sent from it.
//
// # Letters beyond ASCII
//
// SMTPUTF8 is announced (RFC 6531): addresses may be UTF-8, and the Router compares them octet by octet as they were
// sent. Without the parameter such an address is 553 5.6.7; with it, one that nobody has is 550 5.1.1. A domain in U-labels is
// not the same as its A-labels here. BINARYMIME is not announced: content is kept in lines.
//
// A mailbox's own head is Return-Path and Delivered-To, and comes before Received. A bare name
// in either (root, postmaster) is shown at the server's host name, so that an answer finds its way
// and fetchmail's "envelope Delivered-To" finds an address to compare with its local domains.
// Delivered-To is the forward-path as RCPT gave it, the first that led to the mailbox. Received
// names the recipient only when there is one. A mail that does not begin with a header field
// gets a blank line behind Received, for else its first lines would be read as header.
//
// # Invariants
//
//	I1  250 after content is said when, and only when, Commit returned nil.
//	I2  Every Delivery that was begun is ended, by Commit or by Abort.
//	I3  A command either says something or is refused; a refused command changes nothing.
//	I4  What follows DATA or BDAT is never a command, whatever the answer was or will be.
//	I5  After STARTTLS nothing that was read or learned before it is known.
//	I6  Replies leave before the session waits for its client, and those to commands that came
//	    together leave together.
//	I7  Nothing that a client said is in a reply; in the header it is only what was parsed.
//	I8  A receipt is durable before the mail that it is for is answered with 250.
//	I9  No password is in the log, in an error or in a reply.
//
// # Patience
//
// A client has five minutes for a command, and for each further octet of content; so a slow sender
// is served and an idle one is cut. It has ten seconds for a TLS handshake. A zero octet, an endless
// line, a chunk of no known size, a browser's verb, and too many mistakes, failed logins or idle commands end the session.
// When the context of ServeConn ends, a session that waits is told 421 4.3.2; a commit is finished.
//
// # Where what is
//
//	RFC 5321 §2.3.8, §4.5.2  ends of lines and data, transparency   ../../pop3/wire/scanner.go
//	RFC 5321 §3.1            greeting                               hello.go
//	RFC 5321 §4.1.1          verbs and their order                  commands.go
//	RFC 5321 §4.1.1.1        EHLO, HELO, what is announced          hello.go
//	RFC 5321 §4.1.1.2-3      MAIL, RCPT                             transaction.go, parameters.go
//	RFC 5321 §4.1.2-3        paths, address literals                path.go
//	RFC 5321 §4.1.1.4        DATA                                   data.go, content.go
//	RFC 5321 §4.1.1.5-10     RSET, VRFY, EXPN, HELP, NOOP, QUIT     courtesy.go
//	RFC 5321 §4.2, RFC 3463  replies                                reply.go
//	RFC 5321 §4.4            Received, Return-Path                  received.go
//	RFC 5321 §4.5.3          sizes and time-outs                    limits.go, line.go
//	RFC 1870, 6152, 6531     SIZE, 8BITMIME, SMTPUTF8               parameters.go
//	RFC 2033                 LMTP                                   commands.go, transaction.go
//	RFC 3461, 3464, 6533     DSN, reports                           parameters.go, xtext.go, receipt.go
//	RFC 8314 §4.3            TLS in Received                        received.go
//	RFC 2920                 PIPELINING                             line.go
//	RFC 3030                 CHUNKING                               bdat.go
//	RFC 3207                 STARTTLS                               starttls.go, session.go
//	RFC 4954                 AUTH                                   auth.go
package smtpd
