// Package login is the client side of the SASL mechanisms that mail providers have: SCRAM-SHA-256
// (RFC 5802, RFC 7677), PLAIN (RFC 4616), LOGIN, OAUTHBEARER (RFC 7628) and XOAUTH2.
//
// It handles octets only. Base64 and the lines around it belong to the protocol. It sends a
// password in a form that can be read (PLAIN, LOGIN) only if [Choose] is called for a connection
// with TLS; packages popclient and imapfetch have no other.
//
// # Invariants
//
//	L1  An exchange sends the secret at most once.
//	L2  SCRAM ends without an error only if the server has proven that it knows the password.
//	L3  A server cannot cause more than 600,000 rounds of PBKDF2: about 2 s on a small router.
//	L4  No error holds a secret.
//	L5  A server that refuses a token explains itself in one challenge, which is answered; a second
//	    one ends the exchange.
//
//	RFC 4422 §3  the exchange       scram.go
//	RFC 4616     PLAIN, LOGIN       login.go, which chooses
//	RFC 5802 §5  SCRAM              scram.go
//	RFC 7628 §3  OAUTHBEARER        login.go
package login
