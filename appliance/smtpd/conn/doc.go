// Package conn is the connection of an SMTP session: lines and content in, and replies out, which
// are gathered into as few writes as possible.
//
// It does not interpret a line and has no command: package smtpd does. It logs nothing.
//
//	            ReadLine, Block, Advance
//	socket ──► wire.Reader ──────────────► session
//	  ▲                                      │ Room, Keep
//	  │      Flush, or the next wait         ▼
//	  └──────────────────────────── gathered replies
//
// # Invariants
//
//	C1  What is gathered is sent before the connection waits for its client, or when it is more than
//	    4 KiB, in one write. Replies to commands that arrived together leave together (RFC 2920
//	    §3.2).
//	C2  Every wait has a deadline: a command is complete within the idle time. Content gets that
//	    time again with every read, but has to arrive at 64 octets a second, over four minutes.
//	C3  After Release a connection owns no buffer to read into, and 512 octets for replies at most.
//	C4  Nothing is sent after a write that failed, and nothing that was read before Secure is
//	    returned after it.
//	C5  When the context of Init ends, or after Interrupt, a wait for the client ends, and so does
//	    every later one. A reply can still be sent; after Interrupt for half a second.
//
// A client that writes a line, a chunk or the final dot in two pieces would wait 40 ms for the
// acknowledgment of the first. It is requested from the kernel before a wait for the rest
// (wire.QuickAck): one more system call for such a wait, none for commands that arrive complete.
//
// # Files
//
// From the bottom up: a file uses only files above it in this list.
//
//	conn.go  Conn; how long the client may take (RFC 5321 §4.5.3.2), deadlines of the socket,
//	         which end at once when they have to
//	io.go    the beginning, TLS, lines and content, replies (RFC 2920), the end
package conn
