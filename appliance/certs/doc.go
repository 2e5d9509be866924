// Package certs keeps the certificate that the box shows: its own, made and renewed here
// for a network without the Internet, or one that the user brings.
//
// What it does: it makes a certificate authority of the box and a certificate signed by it, keeps them
// in a folder, renews the certificate, and swaps it under running listeners. What it refuses to do: it
// asks nobody on the network, it installs its authority nowhere, it never replaces an
// authority that is there, for clients trust it.
//
//	state/certs/
//	  ca.crt   the authority: what a client installs to trust the box (20 years)
//	  ca.key   its key: secret; whoever has it can pose as any server to those clients
//	  box.crt  the certificate that is shown (800 days)
//	  box.key  its key: secret
//
// All are PEM, mode 0600, ECDSA P-256. Losing them costs the trust of the clients and no mail: the next start
// makes new ones.
//
// # Which time to believe
//
// A small board has no clock: it boots in 1970 or at the time it was switched off, and jumps when
// the network tells it the time. Clients judge a certificate by their own clock. So
//
//	notBefore  the date of this build; what is later would be a guess
//	notAfter   800 days (20 years) after the later of clock and build date
//
// with two exceptions. Apple's systems take no certificate of more than 825 days: where a build is old by a
// right clock, notBefore moves up to 825 days before notAfter. And a clock more than 20 years after
// the build is no clock: the build date stands in for it.
//
// Invariants:
//
//	R1  A start shows the certificate that the last start showed, unless it names another host. Addresses
//	    are in it for convenience: new ones wait for the renewal, unless it had none, because the first
//	    start came before the network did. A new certificate makes clients without our authority ask again.
//	R2  Renewal happens within 60 days of the end, and only under a clock that has been plausible for
//	    an hour: after the build date, and in step with the monotonic clock. A clock that has leapt over the end has to be
//	    so for six. One that says that the certificate does not hold yet, for it was made by a wrong clock,
//	    has it made again.
//	R3  A certificate that is out of date is shown all the same: clients judge.
//	R4  A bad file of the user leaves the certificate before in force.
//	R5  Files are replaced, never written in place, the key before the certificate: a crash
//	    between the two is seen by its mismatch, and the pair is made again.
package certs
