// Package smarthost is an SMTP client for one kind of server: the outgoing server of a mail
// provider, to which it logs in and hands messages over (RFC 5321, RFC 6409).
//
// A message is sent as the spool stores it. The wire form of a stored message (CRLF lines, leading
// dots doubled, closed by ".CRLF") is what DATA transfers, so that no octet is looked at on the
// way.
//
// The package does not look up names, choose certificates or open connections: Open takes a
// connection that was made, and Options.TLS. It keeps no state beyond a Session, writes no log and
// never retries. It does not fall back: to a session without TLS, to HELO, or to a mechanism that
// EHLO did not list.
//
// # The life of a session
//
//	Open ── greeting ── EHLO ──┬────────────────────────────┬── AUTH ──► Send, Send … ── Close (QUIT)
//	          TLS first        └─ STARTTLS ── TLS ── EHLO ──┘
//
// Send makes one transaction of a message, or several if the server takes fewer recipients at once
// (452 4.5.3). It returns one Result for each recipient:
//
//	Sent      the server accepted the message for the recipient (250 after the final dot)
//	Failed    a reply of 5xx, which trying again does not change
//	Deferred  a reply of 4xx, or no reply, before the final dot
//	InDoubt   the final dot was sent, and no reply came: the message may have been accepted
//
// # Invariants
//
//	H1  A secret leaves only over TLS.
//	H2  Nothing that arrived before a TLS handshake is used after it. If octets follow the reply to
//	    STARTTLS in the clear, the session ends (RFC 3207 section 6).
//	H3  A Result is Sent only after a reply of 2xx to the final dot, and InDoubt only if the last
//	    octets of the message were handed to the kernel.
//	H4  A reply is bounded: 2 KiB for a line, 64 lines, 16 KiB. A server that sends more breaks the
//	    protocol, and the session ends.
//	H5  A server that sends nothing ends the session: each wait has a deadline (timeouts below).
//	H6  No address or parameter that the caller gives adds a line to the conversation.
//
// # Where what is
//
//	RFC 5321 section 4.2         replies                       reply.go
//	RFC 5321 section 4.5.3.2     time-outs                     line.go
//	RFC 5321 section 4.1.1.1     EHLO and extensions           session.go
//	what the caller gives        Options, Login                session.go
//	why there is no session      errors, Refusal               reply.go
//	the session                  QUIT                          session.go
//	RFC 3207, RFC 8314           TLS                           open.go
//	RFC 4954                     AUTH                          auth.go
//	RFC 5802, RFC 7677           SCRAM-SHA-256                 scram.go
//	RFC 7628                     XOAUTH2, OAUTHBEARER          auth.go
//	RFC 5321 section 3.3         MAIL, RCPT, DATA              transaction.go, message.go
//	RFC 2920                     PIPELINING                    transaction.go
//	RFC 1870, 6152, 6531, 3461   SIZE, 8BITMIME, SMTPUTF8, DSN message.go
package smarthost
