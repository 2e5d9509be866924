// Package downgrade rewrites the header of a message for a POP3 client that did not say UTF8 (RFC
// 6858).
//
// A Reader goes through the header of a stored message and stops at each field that has UTF-8 in
// it. The session sends what is between these fields as it is stored, and the ASCII form of each of
// them:
//
//	for Next() {
//		send the header up to from of Range
//		send Append(nil)
//		continue at to of Range
//	}
//	send the rest of the message
//
// The package knows no connection and no session, and it writes to none. Its only input is an
// io.ReaderAt and a size. It does not change the body, or the headers of parts in the body.
//
// Invariants:
//
//	W1  A header in ASCII is not changed, octet by octet. Neither is a field without UTF-8.
//	W2  A rewritten field is ASCII, is at least one whole line, ends in CRLF and has no empty line in
//	    it. A line that began with a stuffed dot still does.
//	W3  No message is refused for its header. What cannot be rewritten is sent as it is stored.
//	W4  At most 64 KiB of one field are in memory, and 4 KiB after it.
//	W5  At most 2 MiB of fields are rewritten in one header, whatever its size.
//	W6  A read that fails or is short is an error, never the end of the header.
//
// # What is rewritten
//
//	unstructured text     encoded words (RFC 2047), from the first word with UTF-8 to the last
//	lists of addresses    encoded words for display names; an address with UTF-8 in it is replaced
//	                      by invalid@internationalized-address.invalid and shown in the display name
//	types and parameters  the encoding of RFC 2231
//	Received, Message-ID  left out, as other fields for machines: no ASCII form means the same
//
// # What is sent as it is stored
//
//	a field above 64 KiB          leaving it out could remove From, or the boundary of all parts
//	fields after 2 MiB of them    a sender cannot make a download take minutes of the processor
//	octets that are not UTF-8     their character set is unknown
//	a line that is not a field,   it and the lines after it are the text of a message without a
//	and all after it              header, or without the empty line after the header
//
// # Files
//
//	reader.go    fields and their offsets in a header of any size
//	rewrite.go   the ASCII form of a field
package downgrade
