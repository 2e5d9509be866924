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
//	    UID, in pieces of 1000, which is what Yahoo sends at once (MESSAGELIMIT).
//	I4  A message is read in pieces of 256 KiB, so that it can go on at any octet after a broken
//	    line. A literal that is longer than the piece ends the session; a shorter one does not end
//	    the message before the size that the server names, unless it is empty. An empty message is
//	    refused.
//	I5  The name of a message is its folder, UIDVALIDITY and UID, which no other message ever has. If
//	    UIDVALIDITY changes, all names of the folder do.
//	I6  Only what has UIDPLUS deletes: EXPUNGE alone would remove what others have marked. Gmail,
//	    where \Deleted archives, moves to the folder of the use \Trash.
//
// The client of go-imap has a goroutine that reads; it ends with the connection.
//
//	imapfetch.go  connection, login    folders.go  which folder is meant
//	list.go       listings             message.go  headers, content, deletes
package imapfetch
