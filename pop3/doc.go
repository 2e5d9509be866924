// Package pop3 serves POP3 (RFC 1939) with its extensions CAPA and response codes (RFC
// 2449, RFC 3206), STLS (RFC 2595), AUTH (RFC 5034), UTF8 and LANG (RFC 6856).
//
// It owns a connection from the greeting to the end, and nothing else: the caller that accepts
// connections, counts them and waits for the sessions calls [Server.Serve] or [Server.ServeConn],
// and provides accounts and maildrops through the interfaces of maildrop.go. Every goroutine ends
// with the session that it serves, or when that is parked; the poller of the parked ones ends
// before the last session. The package reads no wall clock, and never has a message in memory.
//
// It does not offer APOP and CRAM-MD5, which need passwords that the server can read: the
// greeting carries no <timestamp>. There is no LAST, no XTND, and no way to see new mail in a
// running session.
//
// A session has its connection, package conn, as a field, and an openMaildrop from its login on:
//
//	Server ──► session ──► conn.Conn        lines, gathering, sendfile, deadlines, parking
//	              │            ▲
//	              └──► openMaildrop ──► Maildrop (the interface of the store)
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
//	TOP n 2        |------------------->| as far as the second LF, and ".CRLF"
//	TOP n 99999999 |----------------------------------------------->| as RETR, for fetchmail
//
// # Invariants
//
//	I1  Nothing is deleted but by QUIT as a whole line, ended by CRLF, in TRANSACTION. A lost
//	    connection, a time limit, a NUL, a bare LF or a part of a line deletes nothing.
//	I2  The +OK of QUIT is sent after Expunge has returned nil and the maildrop is closed, so that
//	    the next session finds it free. From QUIT on, UPDATE ends only when it is done.
//	I3  Message numbers are those of the time of the login. No mark, no new message and no other
//	    session changes one.
//	I4  STAT, LIST, UIDL, RETR, TOP and DELE agree on which messages are marked. One function,
//	    openMaildrop.message, turns a word into a message, and refuses marked ones.
//	I5  The dot that ends a multi-line reply is sent when all before it was. A message that
//	    cannot be read to its end gets an -ERR, or, if a part of it was sent, ends the session.
//	I6  An empty or partial maildrop is never shown in place of one that cannot be read: the login
//	    fails with [SYS/TEMP]. [AUTH] means only that user or password is wrong, and is the same
//	    for an unknown user and a wrong password.
//	I7  Nothing that was read before TLS is used after it. Octets that follow STLS before its
//	    reply end the session: they are neither executed nor silently dropped.
//	I8  A login is possible only where a password may be sent, because what follows it is as
//	    secret. No password is logged, and no reply repeats what the client sent, but for the nonce
//	    of SCRAM.
//	I9  A command gets one reply: its own, or that of the reply error that it has returned. After a
//	    failed write nothing is sent.
//	I10 Replies are sent when no whole command is buffered, or when 32 KiB are gathered, 62 KiB for
//	    pipelined commands: never in two small writes (package conn, C1).
//	I11 A session that waits owns no buffer, and after 200 ms no goroutine (C2). Marks take one bit
//	    for each message, from the first DELE on.
//	I12 Every wait has a limit: 60 s until the login, but 3 minutes from a TLS handshake to the
//	    login, because a user may be comparing fingerprints; 10 s for a handshake, 10 minutes for a
//	    command, and for each 32 KiB that a client takes (C3).
//
// # UTF-8 in headers
//
// A client that says UTF8 receives messages as they are stored. For any other client the fields of
// the header that have UTF-8 in them are rewritten by the simplified downgrade of RFC 6858. Package
// downgrade has the forms, the fields that are sent as they are stored, and the bounds. No message
// is refused for its header.
//
// The sizes in LIST and STAT remain those of the stored message, although RFC 6856 §2.1 prefers the
// size of what is sent: to know that, the server would have to read each header of the maildrop at
// the login. The +OK of a RETR whose header is rewritten states no size. The unique-id, the body
// and the number of lines that TOP counts are the same.
//
// A RETR or TOP without UTF8 first reads the header, which is sent anyway and is in the page cache
// then: one pread, before a sendfile too. The store keeps no information for it. If a header has
// octets above 0x7F, it is read field by field. If no field is rewritten, the message is sent as it
// is stored, by sendfile and with its size in the +OK. Otherwise what is between the rewritten
// fields and after the last one is copied, or sent by sendfile.
//
// The headers of parts in the body are not rewritten.
//
// UTF8 is announced without USER (RFC 6856 §2.2): account names are ASCII, and no string is
// prepared. Passwords are octets. STLS after UTF8 is accepted, and resets it. UTF8 alone is
// accepted without a line end, for one client (serve.go): before the login and after half a
// second of silence. LANG changes no reply, so its -ERR is in the language in force.
//
// # RFC sections and files
//
//	RFC 1939 §3  commands, replies               commands.go, argument.go, replyerror.go
//	RFC 1939 §3  states                          session.go, serve.go
//	RFC 1939 §3  lines, autologout               package conn
//	RFC 1939 §4  AUTHORIZATION, exclusive lock   login.go, server.go
//	RFC 1939 §5  TRANSACTION                     transaction.go, retrieve.go
//	RFC 1939 §6  UPDATE                          session.go
//	RFC 1939 §7  USER, PASS, TOP, UIDL           login.go, retrieve.go, transaction.go
//	RFC 1939 §11 octets                          maildrop.go: the store has measured them
//	RFC 2449     CAPA                            capabilities.go
//	RFC 2449 §4  255 octets                      argument.go
//	RFC 2449 §6.5 LOGIN-DELAY                    server.go
//	RFC 2449 §6.6 pipelining                     package conn
//	RFC 2449 §6.7 EXPIRE                         server.go
//	RFC 2595 §4  STLS                            starttls.go
//	RFC 3206     [AUTH], [SYS/TEMP], [SYS/PERM]  replyerror.go, transaction.go
//	RFC 5034     AUTH                            exchange.go, package sasl
//	RFC 6856     UTF8, LANG                      commands.go, serve.go
//	RFC 6858     headers for clients without UTF8 retrieve.go, package downgrade
//
// What is logged is in events.go.
//
// # Life of a command
//
//	1  session.readCommand: if no whole line is buffered, what is gathered is sent, the buffers are
//	   released, and the session waits with a deadline. After 200 ms of silence it is parked: its
//	   goroutine ends, and package park resumes it in another one when epoll reports its socket.
//	2  session.parse: find a row of the command table by verb, state and argument, and parse the
//	   argument.
//	3  The command gathers its reply, or returns a reply error, which session.replyTo gathers and
//	   counts. Any other error ends the session.
//	4  The row has the state that follows.
//
// A client that writes a line in two pieces would wait 40 ms for the acknowledgment of the first:
// the session makes the kernel send it before it waits for the rest (wire.QuickAck), and at no
// other time.
//
// # Life of a login
//
// As far as this package goes; the Authenticator decides who may log in, and how often.
//
//	1  USER, PASS and AUTH are refused without TLS unless Server.PlaintextAuth permits the client's
//	   address. An implicit TLS handshake or STLS has ended before (starttls.go).
//	2  USER and PASS give a name and a password. AUTH runs a mechanism of package sasl, which gives
//	   a password (PLAIN, LOGIN) or a proof of it (SCRAM).
//	3  session.identify calls Authenticate with these Credentials. Its context ends when the client
//	   disconnects or the time to log in is over. ErrAuth becomes -ERR [AUTH], and any other error
//	   -ERR [SYS/TEMP]. Six failures end the session.
//	4  session.enter: a login within Server.LoginDelay of the last one is refused with
//	   [LOGIN-DELAY]. The delay counts after the password was right, so it shows nothing to others.
//	5  session.open: with Server.Exclusive, the account is locked, or [IN-USE] is the reply.
//	   Store.Open returns the frozen maildrop; its error becomes [SYS/TEMP], and unlocks.
//	6  The time limit of the login is removed, and +OK states what is in the maildrop.
//	7  session.leave closes the maildrop and unlocks the account: in QUIT before its +OK, or when
//	   the session ends in another way.
//
// # Life of a RETR
//
//	1  Maildrop.Body finds the bytes in the store and holds them. If the next command has arrived,
//	   the store may read the messages that follow with it (Prefetcher); nothing that was read
//	   ahead is kept while the session sends or waits (retrieve.go).
//	2  openMaildrop.toRewrite reads the header if the client did not say UTF8.
//	3  "+OK n octets" is gathered, or "+OK" and the rewritten part of the header.
//	4  Conn.SendBody. Below 32 KiB, over TLS, or if they are in no file, the bytes are read behind
//	   the reply, and sent by the next flush. A read error takes the +OK back, unless it was sent.
//	5  Otherwise the kernel sends the file: sendmsg(MSG_MORE) with all that is gathered, then
//	   sendfile at an explicit offset (package conn, "How a body reaches the kernel").
//	6  If the socket is full for 200 ms, the session is parked: openMaildrop.sending has the offset
//	   in the body, and the connection what was gathered and not sent. It continues when the socket
//	   has room. In a listing, a TOP, a rewritten header and a TLS record it waits instead.
//	7  Recorder.Retrieved, then Body.Close: the store may use the space again.
//
// # Memory of a session
//
// Measured with 1000 sessions on amd64, as memory that only this process has: 12.6 KiB if each has
// a goroutine for all its life (20.4 over TLS), because the runtime does not shrink an 8 KiB stack
// of which more than a quarter, less 800 octets, is used; 7.4 (15.6) if it waits in 2 KiB of stack.
// Parking takes 4.2 KiB (11.8), and 3.5 in the middle of a download: 1.5 on the heap, for the
// session, its maildrop and package net, 0.5 for the poller, and about 1 in the runtime, which
// needs it for the first thousand only. Over TLS, a client that does not read keeps the goroutine
// and its buffer of 32 KiB. For 8 sessions with pipelined commands these are buffers of 64 KiB.
package pop3
