// Package ktlstest plays TLS of the Linux kernel for tests, on machines whose kernel has none.
//
//	client ◄──── records ──── link ◄──── octets that a kernel would encrypt ──── server
//
// A link is a pair of TCP connections with a goroutine between them. What the server writes passes
// as it is, until keys are installed; from that octet on the link makes records of it, with
// AES-128-GCM, as the kernel does. So a server can use write(2) and sendfile(2) as ever.
package ktlstest
