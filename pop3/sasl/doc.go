// Package sasl holds the server side of the SASL mechanisms that the box offers: SCRAM-SHA-256
// and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), in which no password is sent, and the two that carry
// it, PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login, what old Outlook speaks).
//
// It knows octets only. Base64, the lines around it, "=" for an empty initial response
// and "*" to cancel belong to the protocol that carries the exchange (RFC 5034 for POP3,
// RFC 4954 for SMTP). What it has to know it asks by [Questions], and passes the answer on as it is,
// so a caller finds its own error values again. Nothing is logged and nothing outlives the exchange.
//
//	SCRAM    C: n,,n=user,r=nonce                        or y,, or p=tls-exporter,,
//	         S: r=nonce and ours,s=salt,i=iterations
//	         C: c=binding,r=nonce and ours,p=proof
//	         S: v=the server's proof
//	         C: ""                                       → done
//
//	PLAIN    C: [authzid] NUL authcid NUL password       → done
//
//	         S: ""                                         when there was no initial response
//	         C: [authzid] NUL authcid NUL password       → done
//
//	LOGIN    S: "Username:"                                when there was no initial response
//	         C: user
//	         S: "Password:"
//	         C: password                                 → done
//
// # Invariants
//
//	I1  A password or a proof is asked about at most once an exchange, and never for a malformed response.
//	I2  The user asked about is 1…255 octets and holds no NUL; the password holds no NUL.
//	    An empty password is not malformed: it is wrong, and the answer comes in its own time.
//	I3  Nobody acts for somebody else: an authorization identity is empty or the user itself.
//	I4  After done every further Next is ErrMalformed.
//	I5  Responses are not kept: the slice may be used again when Next has returned.
//	I6  An unknown user has a Secret too, so SCRAM does not tell who exists: that is for whoever
//	    answers the question, for here nobody knows.
//	I7  A client that could bind to the connection (flag "y") and was offered it and did not is
//	    refused: somebody took SCRAM-SHA-256-PLUS out of the list on the way.
//
// # Decisions
//
// One channel binding, tls-exporter (RFC 9266), on TLS 1.3 alone. tls-unique is broken (RFC 7627) and gone
// from TLS 1.3. tls-server-end-point names a certificate, not a connection, and a resumed
// session has shown none. A client on TLS 1.2 uses SCRAM-SHA-256.
//
// Names and passwords are not prepared (SASLprep, RFC 4013): its tables are larger than all else
// here. It changes nothing in ASCII and in composed letters such as "ö". Whoever takes new passwords
// refuses those that it would change and a small table can tell (no-break and other odd
// spaces, invisible characters); a password in compatibility forms, such as full-width letters, fits by PASS,
// PLAIN and LOGIN, and by SCRAM from a client that does not prepare either.
//
// The mechanisms that do not bind are announced a second time, behind all ([Unbound]), for mutt. A client that
// knows how to bind is not misled: it finds SCRAM-SHA-256-PLUS in the first list, or it is refused by I7.
//
// A server that fails an exchange does not say why ("e="): the protocol around it has a refusal,
// and the reasons that could be told apart would help a guesser alone.
//
// APOP and CRAM-MD5 are not here and will not be: both need passwords that the server can read.
//
//	RFC 4422 §3  the exchange               sasl.go, table.go
//	RFC 4616 §2  PLAIN, identities          plain.go
//	RFC 5802 §3  proofs                     secret.go
//	RFC 5802 §5  SCRAM, §6 channel binding  scram.go
//	RFC 9266     tls-exporter               binding.go
//	RFC 5802 §7  its messages               scramtext.go
//	draft-murchison-sasl-login              login.go
package sasl
