// Package imapfetch reads mailboxes of an IMAP server (RFC 3501, RFC 9051): what a collection
// needs, with the client of go-imap. A Mailbox is a session.Mailbox.
//
// # Invariants
//
//	I1  Without TLS no login is sent. STARTTLS that is refused ends the session.
//	I2  Messages are read without setting \Seen (PEEK). Folders are opened by SELECT, not EXAMINE:
//	    Courier stores the UIDVALIDITY of a folder at the first SELECT, and draws another one for
//	    each EXAMINE before that, which renumbers all messages with each session.
//	I3  A listing is complete or an error: each message that SELECT counted has been listed with its
//	    UID, in pieces of 1000, or of fewer if the server says so (MESSAGELIMIT, RFC 9738).
//	I4  A message is read in pieces of 1 MiB, so that it can go on at any octet after a broken
//	    line. A literal that is longer than the piece ends the session; a shorter one does not end
//	    the message before the size that the server names, unless it is empty. A message that is
//	    empty, or ends before half of that size, is refused.
//	I5  The name of a message is what the server calls it in all folders (X-GM-MSGID of Gmail,
//	    EMAILID of RFC 8474), or its folder, UIDVALIDITY and UID: no other message ever has it. If
//	    UIDVALIDITY changes, all names of the second kind do. NIL and 0 name nothing.
//	I6  Only what has UIDPLUS deletes: EXPUNGE alone would remove what others have marked. Gmail,
//	    where \Deleted archives, moves to the folder of the use \Trash.
//
// The client of go-imap has a goroutine that reads; it ends with the connection.
//
//	I7  The server is bounded below the client: a line has at most 16 KiB, a literal 1 MiB, all
//	    lines of a session 64 MiB. What was received before TLS is never used after it.
//
//	mailbox.go    a session, its folders, a message by its Message-ID
//	imapfetch.go  login, TLS           list.go       listings
//	line.go       limits, names        message.go    headers, content, deletes
package imapfetch
