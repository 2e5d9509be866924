// Package oauth gets access tokens of OAuth 2.0 (RFC 6749): by the device grant (RFC 8628), by an
// address that the user pastes (authorization code with PKCE, RFC 7636), and by a refresh token.
//
// It opens no connection: an [Exchange] does, in a process of its own (package child). It keeps
// nothing: package grant does.
//
//	client.go    a client of an authorization server, one request over a connection
//	consent.go   the device grant, the pasted address
//	tokens.go    its answers, and what their errors mean; RFC 8414
//
// From golang.org/x/oauth2 it has the address of the consent and the verifier of PKCE, 11 KB of
// the program. The rest of that library fetches tokens by the client of net/http, which adds
// 253 KB, repeats a request in another form when the first one was refused (which can use up a
// refresh token that is valid once), follows redirections, and ends the device grant at the first
// broken line.
//
// # Invariants
//
//	A1  A secret goes to the address of the server that it is for, by HTTPS, and no redirection is
//	    followed.
//	A2  A request is sent once. Whether it is repeated, its caller decides.
//	A3  Only invalid_grant means that a refresh token is dead (session.Ended). 5xx, 429 and a broken
//	    line never do.
//	A4  An answer has at most 64 KiB. Whatever it is, it ends in tokens or in an error (FuzzAnswer).
//	A5  A pasted address counts only with the state of its consent.
//	A6  No error holds a token, a code or a secret.
package oauth
