package wire

// A Shape is what the Scanner has measured of one message: all that a store needs to answer LIST
// and TOP without reading the message again.
type Shape struct {
	// Octets is the size as LIST reports it (RFC 1939 §11): CRLF counted, doubled dots
	// and the closing ".CRLF" not.
	Octets int64
	// Stored is the size in wire form: doubled dots and the closing ".CRLF" included.
	Stored int64
	// Header is how many of the stored bytes are the header with its blank line; without
	// a blank line it is Stored-3, all but the closing ".CRLF".
	Header int64
	// LongestLine is the length of the longest line in octets, CRLF and doubled dot not counted.
	LongestLine int64
	// NUL reports whether the source had a zero octet, which became a space, EightBit whether it
	// had one above 0x7F.
	NUL, EightBit bool
	// Received counts the "Received:" fields of the header (RFC 5321 §6.3, loop detection).
	Received int
}
