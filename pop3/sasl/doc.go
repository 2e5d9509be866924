// Package sasl is the server side of the SASL mechanisms that the server offers: SCRAM-SHA-256
// and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), in which no password is sent, and the two that carry
// it, PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login, what old Outlook speaks).
//
// A [Mechanism] takes and returns octets. [Exchange] adds what POP3 (RFC 5034) and SMTP (RFC 4954)
// have in common: base64, "=" for an empty initial response and "*" to cancel. The lines belong to
// the protocol. The mechanisms call the functions of [Questions], and return their errors as they
// are, so that a caller finds its own error values. The package logs nothing, and keeps nothing
// after the exchange.
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
//	I1  A password or a proof is checked at most once in an exchange, and never for a malformed
//	    response.
//	I2  The user that is checked has 1…255 octets and no NUL; the password has no NUL. An empty
//	    password is not malformed but wrong, and takes as long to check as any other.
//	I3  No user acts for another one: an authorization identity is empty or the user itself.
//	I4  After done every further Next is ErrMalformed.
//	I5  Responses are not kept: the slice may be reused when Next has returned.
//	I6  An unknown user has a Secret too, so that SCRAM does not show which users exist. The
//	    function that returns it ensures that.
//	I7  A client that could bind to the connection (flag "y"), and does not although it was offered,
//	    is refused: an attacker has removed SCRAM-SHA-256-PLUS from the list.
//
// # Decisions
//
// One channel binding, tls-exporter (RFC 9266), on TLS 1.3 alone. tls-unique is broken (RFC 7627)
// and gone from TLS 1.3. tls-server-end-point names a certificate, not a connection, and a resumed
// session has shown none. A client on TLS 1.2 uses SCRAM-SHA-256.
//
// Names and passwords are not prepared (SASLprep, RFC 4013): its tables are larger than all else
// here. It changes nothing in ASCII and in composed letters such as "ö". Code that accepts new
// passwords refuses those that it would change, as far as a small table can tell (no-break and
// other unusual spaces, invisible characters). A password in compatibility forms, such as
// full-width letters, works by PASS, PLAIN and LOGIN, and by SCRAM from a client that does not
// prepare either.
//
// The mechanisms that do not bind are announced a second time, after all ([Unbound]), for mutt. A
// client that can bind is not misled: it finds SCRAM-SHA-256-PLUS in the first list, or it
// is refused by I7.
//
// A server that fails an exchange does not say why ("e="): the protocol around it has an error
// reply, and to distinguish the reasons would help an attacker only.
//
// APOP and CRAM-MD5 are not here and will not be: both need passwords that the server can read.
//
//	RFC 4422 §3  the exchange               sasl.go, mechanisms.go
//	RFC 5034 §4  base64, "=", "*"           exchange.go
//	RFC 4616 §2  PLAIN, identities          mechanisms.go
//	RFC 5802 §3  proofs                     sasl.go
//	RFC 5802 §5  SCRAM, §6 channel binding  scram.go
//	RFC 9266     tls-exporter               sasl.go
//	RFC 5802 §7  its messages               scramtext.go
//	draft-murchison-sasl-login              mechanisms.go
package sasl
