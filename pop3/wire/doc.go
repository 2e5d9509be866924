// Package wire is what POP3 and SMTP share of the line: bounded lines in, and the one pass
// that turns what a sender writes into the form that is stored and sent. It knows no verb, no
// reply, no clock, and writes to nobody.
//
// # Wire form
//
// A mail is stored as POP3 sends it: every line ends in CRLF, a dot at the beginning of a line
// is doubled, and a line with a dot alone closes it.
//
//	Received: from …  CRLF      \
//	Subject: hello    CRLF       |  Header
//	                  CRLF      /                  Stored counts all of it,
//	..dots            CRLF         content ".dots"  Octets neither the doubled dot
//	last              CRLF                          nor the closing line
//	.                 CRLF
//
// # What a sender may write, and what becomes of it
//
//	a CRLF          a CRLF
//	a LF            a CRLF         and it ends no data, whatever stands around it
//	CRLF . CRLF     the end        after DATA, and nothing else is
//	CRLF . x        CRLF x         transparency took the dot (RFC 5321 §4.5.2)
//	CRLF . LF       CRLF .. CRLF   a dot alone, from a sender that stuffs nothing: content
//	LF . x          CRLF .. x      the same
//	a CR b          a SP b         a CR without LF is no line end
//
// # Invariants
//
//	I1  However the source is cut into calls, the result is the same.
//	I2  A wire form ends in CRLF.CRLF, or is ".CRLF"; within, CR and LF stand only together.
//	I3  Scanned again it is the same; so is its content.
//	I4  Time is linear in the source, whatever it holds, and the wire form is at most twice as
//	    long and 3 octets.
//	I5  A Reader returns no part of a line: a command ends by CRLF only.
//	I6  After Reset nothing that was buffered is known.
//
// A Reader costs 600 octets while it waits, and one buffer while it holds more than 512.
//
//	RFC 1939 §3, §11, RFC 5321 §4.5.2  byte-stuffing, octets   scanner.go, shape.go
//	RFC 5321 §2.3.8                    ends of lines           scanner.go, reader.go
//	RFC 2449 §4, RFC 4954 §4           line lengths            reader.go
package wire
