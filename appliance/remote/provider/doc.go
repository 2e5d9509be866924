// Package provider is a table of mail providers: the names of their servers and what a client has
// to respect there.
//
// The table is data with a date ([Updated]). It opens no connection and refuses no provider that is
// not in it: an account of another one names its servers in the configuration.
//
// # Invariants
//
//	P1  Every server is reached with TLS: from the first octet on the ports 993, 995 and 465, by
//	    STARTTLS on others.
//	P2  No provider has a client id: registering a client is up to the user.
//	P3  All addresses of an OAuth server are https, at port 443. Google has no device grant for mail.
//
// Most rows are from the providers' own pages and from the source code of mail clients. No server
// was reached when the table was made, so that a row may be out of date: the keys incoming and
// outgoing of the configuration come first.
package provider
