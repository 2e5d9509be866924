// Package client speaks SMTP, LMTP and POP3 to a server from outside, as any client would.
//
// A Message is a function of its number and size, so that a client that retrieves it can check
// every octet. Its body does not compress, has lines that begin with dots, and ends with a dot.
//
// POP3 and Sender are one session each and check what they read. A Fetcher retrieves as fast as the
// server sends. Sessions, Burst and Crowd open many sessions from many client addresses.
package client
