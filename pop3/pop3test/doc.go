// Package pop3test has what tests of POP3 need: a Store of maildrops in memory or in a file, with
// errors on demand, Authenticators, a client of SCRAM, a server on loopback, which tests of SMTP
// use as well, and a runner for transcripts, whose form package transcript describes.
package pop3test
