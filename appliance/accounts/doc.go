// Package accounts holds the accounts: their names, password verifiers and mailbox keys, and which
// addresses belong to them.
//
// It reads and edits the accounts file, verifies passwords against RFC 5803 verifiers, and routes a
// forward-path to mailboxes (aliases, plus-addressing, catch-all). It stores no password, does not
// limit login attempts (package access does), and never handles mail.
//
// One line per account; otherwise the file contains only empty lines and lines that begin with "#",
// which an edit keeps where they are:
//
//	anna:SCRAM-SHA-256$15000:c2FsdHNhbHRzYWx0$U3RvcmVkS2V5…=$U2VydmVyS2V5…= 91d2c7be03f8a654
//	\__/ \________________________________________________________________/ \______________/
//	name  verifier (RFC 5803): iterations, salt, StoredKey, ServerKey         mailbox key, hex
//
//	SaltedPassword = PBKDF2-HMAC-SHA-256(password, salt, iterations)      RFC 5802 §3
//	StoredKey      = SHA-256(HMAC(SaltedPassword, "Client Key"))
//	ServerKey      = HMAC(SaltedPassword, "Server Key")
//
// The mailbox key is random, is made with the account and identifies its mail in the spool: an
// account that is removed and created again sees nothing of the old one's mail, and a lost accounts
// file deletes none.
//
// A password is the octets that the client sends. SASLprep (RFC 4013), which SCRAM clients apply
// and others do not, is not applied: its tables are larger than the rest of the program's text, and
// it changes nothing in ASCII and in composed letters. A new password may not contain the
// characters of a small table that SASLprep replaces or drops.
//
// # Invariants
//
//	A1  A [Table] is never changed; an edit makes a new one.
//	A2  The file is replaced, never written in place: after a power cut it is the old or the new
//	    one. It has mode 0600 and the owner of its folder, whichever user runs the edit.
//	A3  Concurrent edits are serialized (flock on the folder), also between two programs.
//	A4  No error and no String contains a verifier or a password.
//	A5  A wrong password and an unknown name take the same derivation.
//	A6  A routed address yields at least one mailbox, each once, or an error.
//
// # Life of an address
//
// "Anna+lists@Home.Arpa": fold case → is the domain local? (hostname, its short form, localhost,
// domains, none at all) → alias "anna+lists" → account "anna+lists" → without the plus: alias
// "anna" → account "anna" → root and postmaster: the first account → alias "*" → unknown.
//
// # Life of a login
//
// "Recent:Anna+Phone@home.arpa": fold case → is the domain local? → a recent view → of the device
// "phone" → of the account "anna", whose password it is. An alias cannot log in.
package accounts
