// Package control is how the commands of the program reach a spool: by a conversation in lines over a stream. A box that
// runs holds it over the socket "control" in its state folder, which only its owner and root may open; where no box runs, the
// command itself serves the other end of a pipe. So there is one way to ask, and one that answers.
//
// It stores nothing and decides nothing about mail; it takes no password, for who can open the socket can read the files as well.
//
// # What is spoken
//
// A line is words between single spaces, ended by LF; a word that is empty or has anything but printable ASCII
// without quotes in it is quoted as in Go. A line has at most 8192 octets. The client asks by one line, and may ask again when the answer has ended:
//
//	C: stat                       C: verify                       C: compact
//	S: value live 120034          S: progress 100 2000            S: progress 3 0
//	S: account anna 5 30210       S: damaged anna UID             S: done
//	S: orphan 00c0ffee… 2 900     S: done 2000 8192000 0
//	S: done
//
//	C: export anna                C: import anna                  C: export -key 00c0ffee…
//	S: offer UID OCTETS           C: offer UID 0
//	C: take                       S: take
//	S: mail FROM SECONDS          C: mail FROM SECONDS
//	S: 512 LF 512 octets          C: 512 LF 512 octets            content, its lines end in LF, in pieces
//	S: 0                          C: 0                            and its end
//	C: kept                       S: kept
//	S: offer UID OCTETS           C: offer UID 0
//	C: skip                       S: skip                         is there already
//	S: done                       C: done
//	                              S: done
//
//	C: bin anna 7                 C: restore anna 7
//	S: binned DAY OCTETS FROM SUBJECT
//	S: done                       S: done 3                       what was binned in the last 7 days is back
//
//	C: hold
//	S: held                       until the client says so or hangs up, no slot is used again
//	C: release
//	S: done                       "error …" when room was needed and the hold did not last
//
//	C: reload
//	S: done                       accounts and configuration as the files are now are in force, but for what is bad in them
//
//	C: health
//	S: value device /dev/watchdog0
//	S: degraded "the spool is full …"
//	S: proof index 1 3600000000000 20000000000 400000 ""      holds, since, age, took (ns), fault
//	S: done 1                     well
//
// In the place of any line of the server: "error TEXT", after which the request has ended; in the place of "mail": "damaged" or "gone", which
// ends this mail alone; in the place of "kept": "refused TEXT", the same.
//
// # Invariants
//
//	C1  A mail that was answered "kept" is durable.
//	C2  A unique-id that the mailbox has is answered "skip": an import twice is an import once.
//	C3  Who hangs up in the middle of a mail has not delivered it, and ends what was asked for.
//	C4  A mail that is restored is durable before it leaves the bin; who is cut off between the two has it twice.
//	C5  A request costs the box one goroutine, 40 KiB, and while it imports about 40 octets for each mail that the mailbox has.
//
// # Files
//
//	line.go     lines and pieces       server.go    requests      stat.go    the figures, and their names
//	content.go  wire form undone       exchange.go  mail out and in          client.go  the other end
//	bin.go      both ends of the bin         health.go      both ends of health
package control
