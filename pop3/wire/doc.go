// Package wire is what POP3 and SMTP have in common: bounded lines in, and the one pass that
// converts what a sender writes into the form that is stored and sent. It has no verbs, no replies
// and no clock. Of a connection it writes only the end (HangUp).
//
// # Wire form
//
// A message is stored as POP3 sends it: every line ends in CRLF, a dot at the beginning of a line
// is doubled, and a line with only a dot ends it.
//
//	Received: from …  CRLF      \
//	Subject: hello    CRLF       |  Header
//	                  CRLF      /                  Stored counts all of it,
//	..dots            CRLF         content ".dots"  Octets neither the doubled dot
//	last              CRLF                          nor the closing line
//	.                 CRLF
//
// # What a sender may write, and what it becomes
//
//	a CRLF          a CRLF
//	a LF            a CRLF         it never ends the data
//	CRLF . CRLF     the end        after DATA, and nothing else does
//	CRLF . x        CRLF x         transparency has added the dot (RFC 5321 §4.5.2)
//	CRLF . LF       CRLF .. CRLF   a single dot, from a sender that does not stuff: content
//	LF . x          CRLF .. x      the same
//	a CR b          a SP b         a CR without LF is no line end
//
// # Invariants
//
//	I1  The result does not depend on how the source is divided into calls.
//	I2  A wire form ends in CRLF.CRLF, or is ".CRLF"; within, CR and LF stand only together.
//	I3  Scanned again it is the same; so is its content.
//	I4  Time is linear in the source, and the wire form is at most twice as long and 3 octets.
//	I5  A Reader returns no part of a line: a command ends by CRLF only.
//	I6  After Reset, nothing that was buffered before is returned.
//
// A Reader costs 600 octets while it waits, and one buffer while it holds more than 512.
//
//	RFC 1939 §3, §11, RFC 5321 §4.5.2  byte-stuffing, octets   scanner.go
//	RFC 5321 §2.3.8                    ends of lines           scanner.go, octets.go, reader.go
//	RFC 2449 §4, RFC 4954 §4           line lengths            reader.go
package wire
