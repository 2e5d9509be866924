// Package certs manages the TLS certificate of the server: its own, made and renewed here for a
// network without the Internet, or one that the user provides.
//
// It makes a certificate authority for the server and a certificate signed by it, stores them in a
// folder, renews the certificate, and replaces it under running listeners. It makes no network
// requests, installs its authority nowhere, and never replaces an existing authority, because
// clients trust it.
//
//	state/certs/
//	  ca.crt   the authority: what a client installs to trust the server (20 years)
//	  ca.key   its key: secret; with it a server can pose as any that the authority permits
//	  box.crt  the certificate in use (800 days)
//	  box.key  its key: secret
//
// All are PEM, mode 0600, ECDSA P-256. Losing them costs the trust of the clients and no mail: the
// next start makes new ones.
//
// # Which time to trust
//
// A small board has no clock: it boots in 1970 or at the time of the last shutdown, and jumps when
// the network provides the time. Clients judge a certificate by their own clock. So
//
//	notBefore  the date of this build; anything later would be a guess
//	notAfter   800 days (20 years) after the later of clock and build date
//
// with two exceptions. Apple's systems accept no certificate of more than 825 days: if a build is
// old by a right clock, notBefore moves up to 825 days before notAfter. And a clock more than 20
// years after the build is wrong: the build date replaces it.
//
// # What the authority permits
//
// Clients that installed ca.crt trust every certificate that ca.key signs, and ca.key lies on a
// card that can be stolen or copied. So an authority is made with critical name constraints (RFC
// 5280 §4.2.1.10), which Go, OpenSSL, GnuTLS and NSS enforce for an authority that is installed by
// hand, too:
//
//	permitted   the host name, its short form, the mail domains, tls.names
//	            localhost, local, home.arpa, lan, internal, and what is below them
//	            10/8, 172.16/12, 192.168/16, 127/8, 169.254/16, 100.64/10,
//	            fc00::/7, fe80::/10, ::1
//	excluded    what is below a bare name, because "cloud" is a host at home and a domain of the
//	            Internet
//
// Its extended key usage is that of servers: it is not valid for code and mail.
//
// The names are those of the configuration when the authority is made, and it is never replaced. An
// authority of release 1 has no constraints, and stays as it is. [AuthorityOf] returns which kind
// it is. To replace one, all files of the folder are removed while the server is stopped; each
// client then needs the new ca.crt.
//
// # Invariants
//
//	R1  A start uses the certificate of the last start, unless that lacks a name of the host or of
//	    the configuration. Addresses of the machine are in it for convenience: new ones wait for
//	    the renewal, unless it had none, because the first start came before the network did. So
//	    do the names by which clients look for their settings (autoconfig, autodiscover), if an
//	    older release made the certificate and it has none of them. A new certificate makes
//	    clients without our authority ask again.
//	R2  Renewal happens within 60 days of the end, and only under a clock that has been trusted
//	    for an hour (package clock). A clock that has leapt over the end has to be trusted for six
//	    hours. If the certificate is not valid yet, because it was made by a wrong clock, it is
//	    made again.
//	R3  An expired certificate stays in use: clients decide.
//	R4  A bad file of the user leaves the previous certificate in use.
//	R5  Files are replaced, never written in place, the key before the certificate: a crash
//	    between the two is detected by the mismatch, and the pair is made again.
//	R6  A name that the authority does not permit prevents no start. If it is that of the host or
//	    of tls.names, the certificate stays as it is; other such names are left out. [Ring.Outside]
//	    returns them.
package certs
