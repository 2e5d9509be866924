// Package link is what the server and its child process say to each other over a socket pair.
//
// A frame is a kind, a length and fields. The server sends requests, the child replies; the child
// says nothing that was not asked for, and one request is under way at a time.
//
//	 0      1        4
//	+------+--------+-----------------------------
//	| kind | length | fields: length, octets, ...     length: 3 bytes, little endian
//	+------+--------+-----------------------------
//
//	server: open TARGET          child: text DELAY, done | error KIND WAIT TEXT
//	server: list                 child: message REF ID OCTETS DATE FOLDER ERA STABLE ... done | error
//	server: header REF           child: data OCTETS ... done | error
//	server: fetch REF FROM       child: data OCTETS ... done | error
//	server: delete REF ...       child: done | error
//	server: mark                 child: text MARK ... done | error
//	server: find MESSAGE-ID      child: text FOUND ... done | error
//	server: ticket               child: text TICKET ... done
//	server: ask REQUEST          child: reply STATUS WAIT NAME VALUE ... | error
//	server: close                child: done | error, and it ends
//
// "ask" needs no session: it is a request to an authorization server of OAuth.
//
// The login and its secret are fields of "open" and "ask", so that they are neither in the
// arguments of the child nor in its environment.
//
// # Invariants
//
//	L1  A frame has at most 64 KiB, so that neither side can make the other hold more.
//	L2  Whatever one side sends, the other one returns an error and does not panic (FuzzFrame).
//	L3  An error of one request leaves the next one possible, unless the session itself has ended:
//	    then each one is answered with that error.
//	L4  Content that its writer does not take, or a header of more than 256 KiB, ends the link at
//	    once.
//
//	frame.go  frames and fields, what "open" carries
//	client.go the server's side, a session.Mailbox, "ask"    serve.go the child's side
package link
