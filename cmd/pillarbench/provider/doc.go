// Package provider is a mail provider: Debian's Dovecot, from which mail is fetched by POP3 and
// IMAP over TLS, and a [Proxy] before it, which counts the octets on the line and breaks lines.
package provider
