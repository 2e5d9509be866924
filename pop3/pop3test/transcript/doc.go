// Package transcript plays transcripts against a server of POP3 or SMTP, written as the RFCs print
// them: one story in each text, with its reason in the first line. It depends on neither server nor
// test: it connects, sends, compares, and returns the first difference.
//
//	# RFC 1939 §5: a marked message is invisible until RSET.
//	C: DELE 2
//	S: +OK *
//	C: LIST 2
//	S: -ERR *
//
// # Lines
//
//	C: text             the client sends the line; consecutive lines leave in one write
//	S: text             the server sends the line; * matches anything, \* a star
//	S: this || that     one of them; "|| [[eof]]" permits the server to close the connection instead
//	# text              why
//	$word               in C:, what was given or captured under that name; in S:, the same, or, if it
//	                    is new, one word to be captured
//	{{"\x00anna\x00x"}} the base64 of these octets, quoted as in Go
//	{{70000 "x"}}       these octets, 70000 times
//
// # Actions
//
//	[[raw "QUIT\x00"]]  the client sends exactly these octets, quoted as in Go
//	[[tls]]             a TLS handshake (after STLS, STARTTLS, or at the beginning)
//	[[tls http/1.1]]    the same, offering these protocols (RFC 7301)
//	[[tls?]]            the same, but the server may refuse it and disconnect; that ends the
//	                    transcript without a difference
//	[[tls-refused pop3]] the server refuses the handshake that offers these protocols
//	[[shut]]            the client closes its sending direction (FIN), and continues to read
//	[[close]]           the client closes the connection
//	[[on phone]]        the transcript continues with another connection, which is made if it is new
//
// # Checks
//
//	[[eof]]             the server has closed the connection, and has sent nothing else
//	[[silence]]         the server has sent nothing that was not expected
//	[[silence 200ms]]   and does not send anything for that time
//	[[skip]]            lines may come before that of the next S:, but not the end of the reply
//	[[lines 100 250*]]  100 lines that match the pattern
//	[[octets $size]]    the rest of the multi-line reply has that many octets without byte-stuffing
//	                    (RFC 1939 §11)
//	[[not +OK*]]        the last line does not match the pattern
//	[[differ $a $b]]    the words are not the same
//	[[prompt 20 NOOP]]  the command, sent 20 times one by one, is answered at once in most cases
//
// A caller can add directives of its own (Stage.Direct).
package transcript
