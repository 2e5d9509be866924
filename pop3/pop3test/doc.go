// Package pop3test is what POP3 tests stand on: a runner for transcripts (package transcript says how they are written) and
// a server on loopback, which SMTP tests use as well, and a Store of maildrops in memory or in a file, with switches for
// what can go wrong.
package pop3test
