// Package trust decides whether the certificate of a provider's server is the right one: by the
// system's roots, or by a pinned SHA-256.
//
// The roots are not loaded: crypto/x509 keeps 1.6 MiB of them for the life of the process. The
// bundle is read as a stream, and only those roots are parsed that issued one of the certificates
// which the server sent.
//
// # Invariants
//
//	T1  A session goes on only if the pin matches, or the chain leads to a root of the bundle for the
//	    name of the server at this time.
//	T2  With a pin nothing else is trusted, and the name and the dates do not matter.
//	T3  Memory: a line of the bundle, one root at a time, and the roots that match.
package trust
