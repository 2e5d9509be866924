// Package mailhost is a mail provider outside the test bed: POP3, IMAP and SMTP servers over TLS,
// on loopback, from which a server that is tested fetches mail and through which it sends. A power
// cut of the test bed does not touch it, so it keeps the truth about what was offered, retrieved,
// deleted and sent.
//
//	Mailbox ◀── Offer: a message arrives at the provider
//	   │
//	   ├── POP3 (RFC 1939): a session is a snapshot; QUIT deletes
//	   ├── IMAP (imapmemserver): UID EXPUNGE deletes
//	   ▼
//	Events.Deleted before the reply;  SMTP: Events.Taken before the 250
//
// # Guarantees
//
//	P1  A message is there until a client deletes it, and has one name for all of that time.
//	P2  Events.Deleted and Events.Taken return before the client has the reply.
//	P3  A session that is cut off deletes nothing (POP3), or what it has expunged (IMAP).
//
//	start.go     the listeners
//	pop3.go      POP3 sessions
//	imap.go      IMAP sessions
//	smtp.go      SMTP sessions
//	provider.go  what all sessions share
//	mailbox.go   what there is, and what became of it
//	pin.go       the certificate
package mailhost
