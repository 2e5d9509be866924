// Package transfer defines a message on its way from one mailbox to another: what is kept of it
// beside its content, when two messages are the same, and how the content becomes wire form and is
// restored from it.
//
// The archive, an export by IMAP and the control socket share it, so that none of them has to
// import another one. It reads and writes streams; it opens no file, and stores nothing.
//
// # Forms of a content
//
//	outside    the lines end in LF or CRLF, as in a Maildir
//	wire form  the lines end in CRLF, those that begin with a dot have another one in front, and a
//	           line with a dot ends the content (RFC 5321 §4.5.2): so it is stored and sent
//
// # Identity
//
// A unique-id alone does not identify a message: other servers give one twice, and an X-UIDL can
// come from anywhere. The identity is the SHA-256 of the content with lines that end in LF. Two
// messages with one unique-id and different identities are different messages, and both are kept.
//
// # Files
//
//	message.go   Message, Origin, Taker, when two messages are one
//	wireform.go  content to wire form and back
package transfer
