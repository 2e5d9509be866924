// Package popclient is the client side of POP3 (RFC 1939): what a collection of a mailbox needs,
// and nothing else. A Client is a session.Mailbox.
//
// It bounds everything that a server may send: a line has at most 8192 octets, a listing at most
// 200,000 messages, a header 256 KiB, a message as much as its writer takes. It holds no message.
// Time limits are the connection's, which the caller makes.
//
// # Invariants
//
//	P1  Without TLS no login is sent. STLS that is refused, or not announced, ends the session.
//	P2  Nothing that was received before STLS is used after it (RFC 2595 §4).
//	P3  A listing is complete or an error: its last line was a dot, it has as many messages as STAT
//	    said, and UIDL names each of those that LIST has.
//	P4  A response to AUTH is sent after the server's "+" only: Exchange answers a longer AUTH line
//	    with "Protocol error", and servers of RFC 1734 have no initial responses.
//	P5  A size is what the server says, and is never compared with what arrives.
//	P6  A unique-id that the server has twice, or that is not one (RFC 1939 §7), is not used: its
//	    messages have no ID.
//	P7  At most one command is under way: not all servers can PIPELINE, and CAPA of some lies.
//
// The server's words are in errors only, as printable ASCII of at most 300 octets.
//
//	the session       what all commands use                    client.go
//	RFC 1939 §3       replies, response codes of RFC 2449 §8   client.go
//	RFC 1939 §5, §7   LIST, UIDL, STAT                         list.go
//	RFC 1939 §3, §5   content, transparency, RETR, TOP, DELE   message.go
//	RFC 2449 §5       CAPA                                     popclient.go
//	RFC 2595 §4       STLS                                     popclient.go
//	RFC 5034, §7 USER AUTH, USER, PASS                         auth.go
package popclient
