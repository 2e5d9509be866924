// Package fetcher fetches mail from a provider (package provider): pillarbox, and fetchmail and
// getmail, which hand it to a Dovecot. It counts CPU time and memory, of the process that fetches
// and of the server that keeps the mail.
package fetcher
