// Package pop3 serves POP3 (RFC 1939) with its extensions CAPA and response codes (RFC
// 2449, RFC 3206), STLS (RFC 2595), AUTH (RFC 5034), UTF8 and LANG (RFC 6856).
//
// It owns a connection from the greeting to the end, and nothing else: whoever accepts
// connections, counts them and waits for the sessions calls [Server.Serve] or [Server.ServeConn], and what
// it has to know of the world it asks through maildrop.go. A goroutine of its own ends with the session that it serves, or when
// that dozes; the one that watches who dozes ends before the last session. It never reads a clock on the wall, and never has a message in memory.
//
// It does not offer APOP and CRAM-MD5, which need passwords that the server can read: the
// greeting carries no <timestamp>. There is no LAST, no XTND, and no way to see new mail in a
// running session.
//
// # What is spoken
//
// Three states, and the moment after USER:
//
//	              USER             PASS
//	          ┌──────────> named ─────────┐
//	          │   <──────────┘            │
//	connect   │   all but PASS            v                QUIT
//	───> AUTHORIZATION ────────────> TRANSACTION ────────────────> UPDATE
//	       │      ^ │          AUTH       STAT LIST UIDL             Expunge, then +OK
//	       │      └─┘                     RETR TOP DELE RSET NOOP
//	       │     STLS, AUTH, UTF8,        CAPA LANG
//	       │     CAPA, LANG
//	       └───> QUIT: +OK, nothing to update
//
// A line in, a reply out. Stored bytes are in wire form, so a RETR is one line and a copy:
//
//	C: RETR 2 CRLF
//	S: +OK 25 octets CRLF                 25 is what LIST says: a doubled dot counts once
//	   Subject: two CRLF
//	   CRLF
//	   .. CRLF                            ⎫ the stored bytes as they are: the doubled dot,
//	   last CRLF                          ⎬ the final line end and the dot that ends the
//	   . CRLF                             ⎭ reply were stored with the message
//
//	stored bytes   0            HeaderSize                 Size-3   Size
//	               +------------+--------------------------+--------+
//	               | header,    | body, lines end in CRLF, | ".CRLF"|
//	               | blank line | leading dots doubled     |        |
//	               +------------+--------------------------+--------+
//	RETR n         |----------------------------------------------->|
//	TOP n 0        |----------->| and ".CRLF"
//	TOP n 2        |------------------->| so far as the second LF, and ".CRLF"
//	TOP n 99999999 |----------------------------------------------->| as RETR: fetchmail retrieves so
//
// # Invariants
//
//	I1  Nothing is deleted but by QUIT as a whole line, ended by CRLF, in TRANSACTION. A lost
//	    connection, a time limit, a NUL, a bare LF or a half line deletes nothing.
//	I2  The +OK of QUIT is said after Expunge has returned nil and the maildrop is free for
//	    the next session. From QUIT on, UPDATE ends only when it is done.
//	I3  Numbers are those of the moment of the login. No mark, no arrival and no other session
//	    shifts one.
//	I4  STAT, LIST, UIDL, RETR, TOP and DELE agree on which messages are marked. One function
//	    turns a word into a message, and it knows the marks.
//	I5  The dot that ends a multi-line reply is said when all before it was. A message that
//	    cannot be read to its end is refused, or, when a part of it has left, ends the session.
//	I6  An empty or partial maildrop is never shown for one that cannot be read: the login is
//	    refused with [SYS/TEMP]. [AUTH] means the password alone, and is the same for an
//	    unknown user and a wrong password.
//	I7  Nothing that was read or learned before TLS is known after it. Octets behind STLS that
//	    came before its answer end the session: they are neither run nor dropped in silence.
//	I8  A login is possible only where a password may be sent, for what follows it is as secret.
//	    A password is not in any log, and no reply repeats what the client said, but the nonce
//	    of SCRAM.
//	I9  A command gets one reply, its own or the refusal that it returned. After a
//	    failed write nothing is said.
//	I10 Replies leave when no whole command waits, or when a buffer of 32 KiB is full: never in
//	    two small writes.
//	I11 A session that waits owns no buffer, and after 200 ms no goroutine: it dozes. It owns what it could not say to a client
//	    that does not read, 32 KiB at most, and of a mail in a file nothing. A message costs one bit, from the first DELE on.
//	I12 Each wait has a limit: 60 s in all until the login, 10 s for a handshake, 10 minutes for
//	    a command, and for each 32 KiB of what a client takes.
//
// # UTF-8 in headers
//
// A client that says UTF8 gets mail as it is stored. Any other gets a header that has UTF-8 in it
// rewritten in the simple way of RFC 6858: names and free text in encoded words, addresses that
// ASCII cannot say replaced by one that reaches nobody, and what has no ASCII form left out.
// A mail program that shows mail to people loses nothing by it but such addresses.
//
// The size in LIST and STAT stays that of the stored mail, where RFC 6856 §2.1 would rather have that of what is sent: to
// know it, each header of the maildrop would have to be read at the login. The +OK of a RETR that was rewritten says no
// size. Everything else, the unique-id, the body and the number of lines that TOP counts, is the same.
//
// To find out, a RETR or TOP without UTF8 looks at the header first, which is read anyway and is in
// memory then: one pread, before a sendfile too. Nothing is kept for it in the store. A header in UTF-8 of more
// than 64 KiB is refused with [UTF8]. Octets above 0x7F that are not UTF-8 are sent as they are, as
// they were before RFC 6856: there is no telling what they mean. Headers of the parts inside
// the body are body.
//
// UTF8 is announced without USER (RFC 6856 §2.2): account names are ASCII, and nothing is prepared. Passwords are octets.
// STLS after UTF8 is served, and takes it back. LANG changes no reply, so its -ERR is in the language in force.
//
// # Where it is
//
//	RFC 1939 §3  commands, replies, autologout    commands.go, refusal.go, dialogue.go
//	RFC 1939 §4  AUTHORIZATION, exclusive lock    authorization.go, locks.go
//	RFC 1939 §5  TRANSACTION                      transaction.go, retrieve.go, marks.go
//	RFC 1939 §6  UPDATE                           update.go
//	RFC 1939 §7  USER, PASS, TOP, UIDL            authorization.go, retrieve.go, copy.go
//	RFC 1939 §11 octets                           maildrop.go: the store has measured them
//	RFC 2449 §6.5 LOGIN-DELAY                     delays.go
//	RFC 2449 §6.7 EXPIRE                          expire.go
//	RFC 2449     CAPA, 255 octets, pipelining     capabilities.go, commands.go, dialogue.go
//	RFC 2595 §4  STLS                             authorization.go, session.go
//	RFC 3206     [AUTH], [SYS/TEMP], [SYS/PERM]   refusal.go
//	RFC 5034     AUTH                             exchange.go, package sasl
//	RFC 6856     UTF8, LANG, [UTF8]               utf8.go
//	RFC 6858     headers for who did not say UTF8 downgrade.go
//
// # The life of a command
//
//	1  session.readCommand: does a whole line wait? If not, what is gathered is sent, buffers
//	   go back, and the session waits with a deadline. When nothing has come for 200 ms it dozes: its goroutine ends, and
//	   the dormitory wakes it when epoll says that the client has moved.
//	2  session.understand: find a row of the command table by verb, state and argument, and
//	   make the argument.
//	3  The command gathers its reply, or returns a refusal, which session.refuse says and
//	   counts. Any other error ends the session.
//	4  The row says in which state the session is now.
//
// # What a session takes
//
// Measured with 1000 sessions on amd64, in memory that only this process has: 12.6 KiB where each had one goroutine for all
// its life (20.4 over TLS), for the runtime does not shrink an 8 KiB stack of which more than a quarter, less 800 octets, is used;
// 7.4 (15.6) where one waited in 2 KiB of stack. Dozing takes 4.2 KiB (11.8), and 3.5 in the middle of a download: 1.5 of the
// heap, for the session, its maildrop and what net keeps, 0.5 of the poller, and about 1 of the runtime, which needs it for the
// first thousand only. Over TLS a client that does not read keeps the goroutine and its buffer, of 32 KiB.
//
// # The life of a RETR
//
//	1  Maildrop.Body finds the bytes in today's store and holds them.
//	2  "+OK n octets" is gathered.
//	3  Below 32 KiB, over TLS, or when they lie in no file, the bytes are read behind it, in
//	   pieces that fill the buffer; they leave with the next flush. A read error takes the +OK
//	   back, unless it has left.
//	4  From 32 KiB on a *net.TCPConn of Linux: sendmsg(MSG_MORE) with all that is gathered,
//	   then sendfile at an explicit offset, at most 1 MiB a call. A full socket parks the
//	   goroutine, which holds no buffer then.
//	5  When the socket was full for 200 ms the session dozes: session.sending knows how far the message came, dialogue.left
//	   what was gathered and did not leave. It goes on when there is room. Within a listing, a TOP, a rewritten header and a TLS record it
//	   does not doze but waits.
//	6  Body.Close: the store may use the space again.
package pop3
