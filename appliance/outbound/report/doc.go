// Package report composes delivery reports: messages to the sender of another message that say
// what became of it (RFC 3462, RFC 3464; RFC 6533 where there is more than ASCII).
//
// A report has three parts: text for people, fields for programs, and the header of the message.
// The body of the message is not returned, also with RET=FULL: the sender has it, and the
// mailbox that the report goes to is on the same flash.
//
// The package writes octets and has no access to mailboxes. It does not decide whether a report is
// wanted; it refuses one to the null reverse-path, so that no report can answer another (I1).
//
// # Invariants
//
//	I1  There is no report to the null reverse-path (RFC 5321 section 6.1).
//	I2  No value adds a header field, a line or a part: control characters are replaced, the
//	    boundary is random, and every line has at most 998 octets but those of the header, which is
//	    returned as it is.
//
// # Where what is
//
//	what a report says, the text              report.go
//	RFC 3464             the fields           report.go
//	RFC 3462, RFC 3834   the message          report.go
//	lines and values     folding, limits      writer.go
package report
