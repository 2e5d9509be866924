// Package admin is how commands reach a server and its files: the control socket, its protocol, and
// what a command asks where no server runs.
//
// A server that runs answers over the socket "control" in its state directory, which only its
// owner and root may open. If none runs, the command itself serves the other end of a pipe (Ask).
// So there is one way to ask, and one that answers. The package decides nothing about messages:
// what is imported or restored goes through package delivery. It takes no password, because a
// process that can open the socket can read the files as well.
//
// # Protocol
//
// A line is words between single spaces, ended by LF; a word that is empty or has anything but
// printable ASCII without quotes in it is quoted as in Go. A line has at most 8192 octets. The
// client sends a request of one line, and may send another one when the answer has ended:
//
//	C: stat                     C: verify                   C: compact
//	S: value live 120034        S: progress 100 2000        S: progress 3 0
//	S: account anna 5 30210     S: damaged anna UID         S: done
//	S: orphan 00c0ffee… 2 900   S: done 2000 8192000 0
//	S: done
//
//	C: export anna              C: import anna ahead        C: export -key 00c0ffee…
//	S: offer UID OCTETS         C: offer UID 0
//	C: take                     S: take
//	S: mail FROM SECONDS [seen] C: mail FROM SECONDS
//	S: 512 LF 512 octets        C: 512 LF 512 octets        content in pieces, lines end in LF
//	S: 0                        C: 0                        its end
//	C: kept                     C: offer UID 0
//	S: offer UID OCTETS         S: kept                     answers to messages, in their order,
//	C: skip                     S: skip IDENTITY            come before that to a later offer or
//	S: done                     C: done                     to "done"; skip: the mailbox has it,
//	                            S: done                     with that identity
//
// An import is pipelined: the server answers only after "offer" and "done", and up to 32 small
// messages wait together for one commit (receive.go). In place of a message the client sends "gone"
// if the source cannot be read, or "would OCTETS" in a dry run; "cut" in place of a piece ends a
// message that could not be read to its end, which is not kept.
//
//	C: bin anna 7               C: restore anna 7
//	S: binned DAY OCTETS FROM SUBJECT
//	S: done                     S: done 3                   messages of 7 days are back
//
//	C: hold
//	S: held                     until the client ends it or hangs up, no slot is used again
//	C: release
//	S: done                     "error …" if room was needed and the hold did not last
//
//	C: reload
//	S: done                     the files are in force; else "error …" with what was refused
//
//	C: setup                    C: logins
//	S: value hostname nas.lan   S: login anna 1795000000    seconds since 1970, since the start
//	S: server 192.168.1.5       S: done
//	S: listener pop3.listen_tls pop3 [::]:995 995 implicit ""
//	S: done                     key, protocol, address, port, TLS, why it is off
//
//	C: fetch anna-gmail dry     C: remotes
//	S: value new 3              S: remote NAME OWNER ADDRESS SERVER FETCH LAST NEXT
//	S: done                     S: state LISTED KNOWN asks WHY      or "waits" for "asks"
//	                            S: done
//	After fetch also "waits TEXT" in place of "done": it may go later.
//
//	C: health
//	S: value device /dev/watchdog0
//	S: degraded "the spool is full …"
//	S: proof index 1 3600000000000 20000000000 400000 ""
//	S: done 1                   a check: passes, since, age, took (ns), fault; 1: all pass
//
// In place of any line of the server comes "error TEXT", after which the request has ended; in
// place of "mail" comes "damaged" or "gone", which ends this message alone; in place of "kept"
// comes "refused TEXT", the same.
//
// # Invariants
//
//	C1  A message that was answered "kept" is durable.
//	C2  A unique-id that the mailbox has is answered "skip". A client that finds its message to be
//	    another one offers it again under the next unique-id (transfer.NextUID). So an import twice
//	    is an import once, and no two messages are taken for one.
//	C3  A message without an answer may be durable or not. A message that was not sent to its end is
//	    not kept. An import that is repeated after a cut keeps each message once, in the same order.
//	C4  A message that is restored is durable before it leaves the bin; after a cut between the two
//	    the mailbox has it twice.
//	C5  A request costs the server one goroutine and 40 KiB. An import costs 512 KiB for messages
//	    that wait for their commit, and about 50 octets for each message that the mailbox has.
//
// # Files
//
//	the protocol    line.go      lines and pieces         answers.go   figures, other answers
//	the server      server.go    Server, session          requests.go  the socket, the requests
//	                exchange.go  export                   receive.go   import
//	the client      client.go    Client                   offer.go     import
//	both ends       bin.go       the bin                  health.go, setup.go
//	for commands    ask.go       Ask: a server, or files  accounts.go  reading and editing accounts
//	                check.go, examine.go                  a configuration, and this machine
//	                setupof.go, authority.go, effective.go, ways.go    what a command shows
package admin
