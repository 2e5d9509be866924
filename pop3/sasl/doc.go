// Package sasl holds the server side of the SASL mechanisms that carry a password:
// PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login, what old Outlook speaks).
//
// It knows octets only. Base64, the lines around it, "=" for an empty initial response
// and "*" to cancel belong to the protocol that carries the exchange (RFC 5034 for POP3,
// RFC 4954 for SMTP). It asks one question, a Check, and passes its answer on as it is, so a
// caller finds its own error values again. Nothing is logged and nothing outlives the exchange.
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
//	I1  Check is called at most once an exchange, and never for a malformed response.
//	I2  The user given to Check is 1…255 octets and holds no NUL; the password holds no NUL.
//	    An empty password is not malformed: it is wrong, and Check says so in its own time.
//	I3  Nobody acts for somebody else: an authorization identity is empty or the user itself.
//	I4  After done every further Next is ErrMalformed.
//	I5  Responses are not kept: the slice may be used again when Next has returned.
//
// APOP and CRAM-MD5 are not here and will not be: both need passwords that the server can read.
//
//	RFC 4422 §3  the exchange               sasl.go
//	RFC 4616 §2  PLAIN, identities          plain.go
//	draft-murchison-sasl-login              login.go
package sasl
