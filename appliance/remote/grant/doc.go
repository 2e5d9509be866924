// Package grant gives out access tokens of OAuth 2.0, and keeps the refresh tokens that they come
// from: in the file of the account (package secret), while access tokens are in memory only.
//
//	login (a command) ──► remote/NAME ──► Token ──► Refresh
//	                          ▲                       ├─ the same refresh token ─► access token
//	                          ├───────────────────────┼─ another one, flushed ───► access token
//	                          └───────────────────────┴─ invalid_grant ──► the owner is told
//
// Requests are sent by a function that is handed in, in another process; this package alone writes.
//
// # Invariants
//
//	G1  A refresh token that the server has replaced is durable before the access token that came
//	    with it is used. If it cannot be written, the account waits, and the write is tried again
//	    before anything is asked. Nothing is asked while the directory cannot be written.
//	G2  Nothing is written if the refresh token did not change. If old ones stay valid (Stays), a
//	    changed one is written once in 24 hours.
//	G3  Only invalid_grant ends a login. It is written down, so that a restart does not ask the
//	    server again. The owner has one message about it, which is stored first: a power cut between
//	    the two makes a second one.
//	G4  A login that was made meanwhile is not overwritten: the file is read again for each write,
//	    under the lock of both, and a login of another name (Login) is left as it is.
//	G5  One request for an account is under way at a time: a refresh token that is valid once is
//	    not sent twice.
//	G6  A request that uses up a refresh token (not Stays) is not cut off by a stop of the server,
//	    which waits for it, but not longer than 15 s: the next token is in the answer alone.
//
// A power cut between the answer of the server and the write loses the new refresh token. Some
// servers take the old one once more; others revoke the grant, and the owner is asked to log in.
package grant
