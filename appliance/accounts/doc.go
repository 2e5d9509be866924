// Package accounts knows who has a mailbox, whether a password is right, and whose mail an
// address is.
//
// What it does: it reads and edits the accounts file, verifies passwords against RFC 5803
// verifiers, and routes a forward-path to mailboxes (aliases, plus-addressing, catch-all).
// What it refuses to do: it keeps no password, it delays and counts nobody (the appliance
// throttles), it never touches mail.
//
// One line an account; nothing else may stand in the file but empty lines and lines that begin
// with "#", which an edit keeps where they are:
//
//	anna:SCRAM-SHA-256$15000:c2FsdHNhbHRzYWx0$U3RvcmVkS2V5…=$U2VydmVyS2V5…= 91d2c7be03f8a654
//	\__/ \________________________________________________________________/ \______________/
//	name  verifier (RFC 5803): iterations, salt, StoredKey, ServerKey         mailbox key, hex
//
//	SaltedPassword = PBKDF2-HMAC-SHA-256(password, salt, iterations)      RFC 5802 §3
//	StoredKey      = SHA-256(HMAC(SaltedPassword, "Client Key"))
//	ServerKey      = HMAC(SaltedPassword, "Server Key")
//
// The mailbox key is random, is made with the account and names its mail in the spool: an account that
// is removed and made again sees nothing of the old one's mail, and a lost accounts file
// deletes none.
//
// A password is the octets that the client sends. SASLprep (RFC 4013), which SCRAM clients apply and others do not, is not: its
// tables are larger than the rest of the program's text, and it changes nothing in ASCII and in composed letters. The
// characters that it replaces or drops and that a small table knows are refused in a new password.
//
// Invariants:
//
//	A1  A [Table] is never changed; an edit makes a new one.
//	A2  The file is replaced, never written in place: after a power cut it is the old or the new one.
//	    It has mode 0600 and the owner of its folder, whoever runs the edit.
//	A3  Two edits at the same time come one after the other (flock on the folder), also from two programs.
//	A4  No error and no String shows a verifier or a password.
//	A5  A wrong password and an unknown name take the same derivation.
//	A6  A routed address yields at least one mailbox, each once, or an error.
//
// Life of an address "Anna+lists@Home.Arpa": fold letter case; is the domain ours? (hostname, its short
// form, localhost, domains, none at all) → alias "anna+lists" → account "anna+lists" → without the
// plus: alias "anna" → account "anna" → root and postmaster: the first account → alias "*" → unknown.
//
// Life of a login "Recent:Anna+Phone@home.arpa": fold letter case; is the domain ours? → a recent view → of the device
// "phone" → of the account "anna", whose password it is. An alias is no login.
package accounts
