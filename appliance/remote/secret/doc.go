// Package secret keeps the secrets of remote accounts: one file a remote account, remote/NAME in
// the state directory, for its owner only. The providers want the password itself, so that it lies
// there as it is: a user that can read the state directory, or a copy of it, has it.
//
// A file records the servers and the pin that its secret was given for. For others it is not used:
// who can write the configuration could have it sent to a server of their own.
//
//	pillarbox remote 1
//	incoming "imap.example.org:993"
//	outgoing "smtp.example.org:465"
//	pin ""
//	secret "..."
//	refresh_token "..."             in the place of a secret: a consent of OAuth 2.0 (grant.go), with
//	client_id "..." ...             the client and the server that it is for
//	set provider = "gmail"          settings of an account that the configuration does not have
//
// # Invariants
//
//	S1  When Save has returned nil, the secret survives a power cut; after an error the one before is
//	    there.
//	S2  A file is mode 0600, in a directory of mode 0700, and is never opened through a link.
//	S3  A text that is no file of this package is an error that names the file, and no secret.
//	S4  A name that leads out of the directory, or that Save uses for itself (NAME.new), is refused.
//	S5  One writer at a time has the directory (durable.Lock): the server, which stores new refresh
//	    tokens, or a command. Change reads and writes under one lock.
package secret
