// Package child is the process that hands mail over to an outgoing server: the program starts
// itself again, and the two speak over a socket pair (package link).
//
// It is a process of its own for the reasons of package remote/child: it reads what strangers send,
// holds one secret, and the server keeps no memory of it.
//
// # Life of a child
//
// started from the descriptor of the running program → reads the target from the socket → confines
// itself to the bundle of certificates, the files of the resolver and the server's port → connects,
// logs in → sends what the server gives it → ends when the server closes the session or the socket.
//
// # Invariants
//
//	S1  No secret is in the arguments or the environment of the child: its environment has
//	    GOMAXPROCS alone.
//	S2  A child that does not end by itself is killed: it has an hour from its start and again from
//	    each message, and for that a second more for every 4 KiB. Nothing waits longer than 15
//	    minutes for one answer: an outgoing server has 10 for the final dot.
//	S3  The child has at most 2.5 MiB of anonymous memory: 1.3 while it sends a message of 49 MiB,
//	    2.3 for 2,000 small ones. What they leave behind is collected (remote/child.Garbage).
//	S4  What the child prints when it crashes is in the error, at most 4 KiB of it.
//
//	run.go  the child's side    start.go  the server's side
package child
