// Package ktls hands the transmit side of a TLS 1.3 connection to the Linux kernel, so that
// sendfile(2) reaches the clients of port 995, and a stalled download holds no record and no buffer
// in this process.
//
// crypto/tls does every handshake, and keeps the receive side for good. Until the transmit side is
// switched, it writes the records as well. This package has no cipher: it derives a key, and tells
// the kernel which record comes next. It does nothing for TLS 1.2, for AES-256-GCM, for a server
// that asks for client certificates, and where the kernel has no "tls" (module tls.ko, CONFIG_TLS).
// Such connections stay with crypto/tls, unchanged.
//
//	          handshake, short replies                 from the first large message on
//
//	session ── Write ──► tls.Conn                    session ── Write, sendfile ──┐
//	                        │ records                   ▲                         ▼
//	                        ▼                           │ Read              kernel: records
//	Tap: counts records, keeps the                   tls.Conn ── alerts,          │
//	server's traffic secret                             ▲        KeyUpdate ─► Tap │
//	                        │                           │ records              │  │
//	                        ▼                           │      control records ▼  ▼
//	                     socket                      socket ◄─────────────────────┘
//
// # What the kernel receives
//
// RFC 8446 §7.3 derives the key and the nonce of a direction from its traffic secret, and the
// kernel requires both and the sequence number of the next record (setsockopt TLS_TX,
// linux/tls.h):
//
//	TLS_AES_128_GCM_SHA256        version, cipher, nonce[4:12], key 16, nonce[0:4], sequence 8
//	TLS_CHACHA20_POLY1305_SHA256  version, cipher, nonce[0:12], key 32, sequence 8
//
// crypto/tls does not tell the number. The Tap counts the records of type application_data, which
// is the outer type of all records that are encrypted (RFC 8446 §5.2). Of these,
// EncryptedExtensions, Certificate, CertificateVerify and Finished are under the key of the
// handshake: four, or two if the session is resumed (RFC 8446 §2.2). Session tickets are under the
// final key.
//
// # Invariants
//
//	K1  Once the transmit side is switched, nothing that crypto/tls writes reaches the socket.
//	    The Tap sends its alerts and KeyUpdates as control records of the kernel. This does not
//	    depend on a cipher of crypto/tls, which Release takes away: what it writes is discarded.
//	K2  A connection is switched once, or never. If the number of the next record is not certain
//	    (the octets in the records are not those that the session wrote, because crypto/tls has
//	    answered a KeyUpdate; a certificate of more than a record), it is not switched.
//	K3  The kernel's ciphers are compared with known records before the first connection
//	    (Probe). A suite that fails is not used.
//	K4  If the kernel refuses, the connection continues with crypto/tls: until the keys are
//	    installed, a socket with the "tls" protocol sends what it is given, as before.
//	K5  Secrets are in memory only, as long as the connection. They are those that crypto/tls
//	    holds.
//
// A client may ask for new keys (KeyUpdate, RFC 8446 §4.6.3). From Linux 6.14 on the Tap announces
// and installs them. An older kernel never replaces the keys of a socket, and its client gets no
// answer, but goes on to receive its mail: the limit on the use of a key (RFC 8446 §5.5) is 388 GB,
// and the keys of the client, which it has changed itself, are not concerned. No mail client is
// known to ask.
//
// # Files
//
//	kernel.go        Kernel: what the kernel can do, and the configuration for its connections
//	release.go       what crypto/tls keeps without need
//	tap.go           Tap: what is between crypto/tls and the socket (RFC 8446 §5, §6)
//	secrets.go       suites, traffic secrets, keys, nonces (RFC 8446 §7.1-7.3)
//	socket_linux.go  setsockopt, control records
//	socket_other.go  systems without
package ktls
