// Package pop3test is what POP3 tests stand on: a runner for transcripts and a server on loopback, which SMTP
// tests use as well, and a Store of maildrops in memory or in a file, with switches for what can go wrong.
//
// A transcript is a dialogue as the RFCs print it, one story a text, its reason in the first line:
//
//	# RFC 1939 §5: a marked message is invisible until RSET.
//	C: DELE 2
//	S: +OK *
//	C: LIST 2
//	S: -ERR *
//
//	C: text             the client sends the line; lines that follow one another leave in one write
//	S: text             the server says the line; * stands for anything, \* for a star
//	# text              why
//	[[raw "QUIT\x00"]]  the client sends exactly these octets, quoted as in Go
//	[[tls]]             the client shakes hands (after STLS, STARTTLS, or at the beginning)
//	[[shut]]            the client says that it will send nothing more (FIN), and still listens
//	[[close]]           the client closes the connection
//	[[eof]]             the server has closed the connection, and has said nothing else
//	[[silence]]         the server has said nothing that was not asked for
//	[[on phone]]        the dialogue goes on with another connection, which is made when it is new
//	{{"\x00anna\x00x"}} in a C: or S: line: the base64 of these octets, quoted as in Go
package pop3test
