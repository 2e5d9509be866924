// Package child is the process that talks to providers: the program starts itself again, and the
// two speak over a socket pair (package link).
//
// A process of its own, because it reads what strangers send and holds the secrets of one session:
// it has a Landlock domain of its own, a memory limit, and ends with its session, so that the
// server keeps no memory of it. It never writes to the state directory, and could not.
//
// # Life of a child
//
// started from the descriptor of the running program → reads the target from the socket → confines
// itself to the bundle of certificates, the files of the resolver and the server's port → connects,
// logs in → answers requests → ends when the server closes the session or the socket.
//
// A child that requests tokens from an authorization server of OAuth (ask.go) confines itself to
// its port and does nothing else. It keeps no token: the server does.
//
// # Invariants
//
//	H1  No secret is in the arguments or the environment of the child: its environment has
//	    GOMAXPROCS alone.
//	H2  The child is started from the program that runs, also when its file was replaced.
//	H3  A child that does not end by itself is killed, and Wait says so. Nothing waits for it longer
//	    than the deadline of its session.
//	    SIGTERM and SIGINT do not end it: a stop of the server waits for answers with tokens.
//	H4  What the child prints when it crashes is in the error of Wait, at most 4 KiB of it.
//
//	H5  The ticket of a TLS session is kept in the memory of the server, is for one account at one
//	    server, and is used once.
//
//	H6  The child has at most 2.5 MiB of anonymous memory, be it for one message of 49 MiB or for
//	    5,000 small ones: scripts/remote.sh -memory. Of a listing it holds nothing over IMAP, and
//	    80 octets a message over POP3.
//
//	ticket.go TLS sessions that go on    memory.go  limits, garbage
//	run.go  the child's side    start.go  the server's side    restrict.go  what the child may do
//	ask.go  connections, and requests to authorization servers
package child
