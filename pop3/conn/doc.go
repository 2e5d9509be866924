// Package conn is the connection of a POP3 session: lines in, and replies out, which are gathered
// into as few writes as possible.
//
// It does not interpret a line and has no command: package pop3 does. It logs nothing. It copies
// messages, or has the kernel send them from their files, and has no message in memory.
//
//	               ReadLine, TryReadLine                       Run
//	socket ──────► wire.Reader ──────────► session ◄────────────────────┐
//	  ▲                                      │                          │
//	  │                        Say, Write, Copy, SendBody               │ resumes it
//	  │    Flush, TryFlush                   ▼                          │
//	  ├─────────────── 32 or 62 KiB of gathered replies       park.Lot ─┘
//	  │                                                          ▲
//	  └──── sendfile ◄──── SendBody, from 32 KiB on              │
//	                                                             │
//	        ErrWouldBlock: the client is silent, or takes nothing for 200 ms
//
// # Invariants
//
//	C1  What is gathered is sent before the connection waits for a line, or when the buffer is full,
//	    in one write. The replies to commands that arrived together leave together, 62 KiB in a
//	    write: at most 8 connections have such a buffer at a time, and over TLS one more for the
//	    records.
//	C2  A connection that waits for a line owns no buffer, and after 200 ms no goroutine. One that
//	    waits for room in its socket owns what the socket did not accept, 32 KiB at most, or 62 KiB
//	    if it is one of those 8, and of a message in a file nothing.
//	C3  Every wait has a deadline: that of the idle time, and of SetLimit. A long reply has a pace:
//	    32 KiB in the idle time, or a full buffer while the connection is not parked.
//	C4  The first error of the connection is permanent. Nothing is sent after a write that failed.
//	    An error of a body is not one of the connection.
//	C5  What was gathered can be taken back as long as no octet of it was sent.
//	C6  A file is read at explicit offsets, because sessions share it.
//	C7  After Secure, no octet that was read before is returned.
//	C8  When the context of Run ends, a wait for a line ends. A reply in progress is completed.
//	C9  While crypto/tls makes the records, the connection is parked while it waits for a line, but
//	    not while it sends, because a write cannot be continued within a record. It keeps its
//	    goroutine and its buffer then. Where the kernel makes them (package ktls), TLS is as plain.
//
// # How a body reaches the kernel
//
//	1  SendBody. Below 32 KiB, over TLS without the kernel, or if the body has no extents, its bytes
//	   are read behind the gathered replies (Fill), and sent when the buffer is full. The first
//	   large body over TLS hands the transmit side to the kernel, if it can (ktls.Tap.Switch).
//	2  Otherwise, for each extent: sendmsg(2) with MSG_MORE sends what is gathered. The kernel holds
//	   it until the file follows, so that both share a packet. The buffer is released.
//	3  sendfile(2), at most 1 MiB a call. A full socket makes RawConn.Write wait, and after 200 ms
//	   SendBody returns ErrWouldBlock with the offset that it has reached.
//	4  Run parks the connection until epoll reports room, and calls the session again, which calls
//	   SendBody with that offset.
//	5  A file system without sendfile (EINVAL, ENOSYS, EOPNOTSUPP): the rest is copied as in 1.
//
// # Files
//
//	tlsbuffers.go      what crypto/tls would hold while a connection is parked
//	transport.go       TCP, TLS, TLS of the kernel; deadlines, the pace of a long reply
//	conn.go            Conn, Run, parking
//	read.go            lines (RFC 1939 §3, RFC 2449 §4), silence, a client that disconnects
//	write.go           gathering and sending (RFC 2449 §6.6)
//	records.go         the records of crypto/tls in one write
//	replies.go         what is gathered, and what connections share: buffers, the parking lot
//	body.go            bodies and extents, and how they are copied
//	sendfile_linux.go  from a file to the socket
//	sendfile_other.go  a copy
//	send.go            which of the two
//
// A Conn is a field of a session, and takes 256 octets on a 64-bit machine.
package conn
