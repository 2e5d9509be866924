// Package transcript plays dialogues with a server of POP3 or SMTP, written as the RFCs print them: one story a text, its
// reason in the first line. It knows neither server nor test: it connects, speaks, compares, and returns the first difference.
//
//	# RFC 1939 §5: a marked message is invisible until RSET.
//	C: DELE 2
//	S: +OK *
//	C: LIST 2
//	S: -ERR *
//
// # What is said
//
//	C: text             the client sends the line; lines that follow one another leave in one write
//	S: text             the server says the line; * stands for anything, \* for a star
//	S: this || that     one of them; "|| [[eof]]" lets the server close the connection instead
//	# text              why
//	$word               in C:, what was given or learned under that name; in S:, the same, or, when it is new, one
//	                    word to be learned
//	{{"\x00anna\x00x"}} the base64 of these octets, quoted as in Go
//	{{70000 "x"}}       so many times these octets
//
// # What is done
//
//	[[raw "QUIT\x00"]]  the client sends exactly these octets, quoted as in Go
//	[[tls]]             the client shakes hands (after STLS, STARTTLS, or at the beginning)
//	[[tls http/1.1]]    the same, offering these protocols (RFC 7301)
//	[[tls?]]            the same, but the server may refuse it and hang up; then the transcript is over, and all is well
//	[[tls-refused pop3]] the server refuses the handshake that offers these protocols
//	[[shut]]            the client says that it will send nothing more (FIN), and still listens
//	[[close]]           the client closes the connection
//	[[on phone]]        the dialogue goes on with another connection, which is made when it is new
//
// # What is looked at
//
//	[[eof]]             the server has closed the connection, and has said nothing else
//	[[silence]]         the server has said nothing that was not asked for
//	[[silence 200ms]]   and does not say anything for so long
//	[[skip]]            lines come in front of the next S: that do not matter, but the reply does not end
//	[[lines 100 250*]]  so many lines of that kind
//	[[octets $size]]    the rest of the multi-line reply has so many octets without byte-stuffing (RFC 1939 §11)
//	[[not +OK*]]        the last line was none of that kind
//	[[differ $a $b]]    the words are not the same
//	[[prompt 20 NOOP]]  the command, said so many times one by one, is answered at once in most cases
//
// Whoever plays a transcript can add directives of its own.
package transcript
