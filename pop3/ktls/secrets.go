package ktls

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"net"
	"strings"
)

// A secret is a traffic secret of TLS 1.3 (RFC 8446 §7.1). Both suites that the kernel is used for
// have SHA-256. The zero secret stands for none.
type secret [sha256.Size]byte

// serverTraffic is the label of the server's traffic secret in the format of key logs.
const serverTraffic = "SERVER_TRAFFIC_SECRET_0 "

// parseKeyLog returns the server's traffic secret if line, of a tls.Config.KeyLogWriter, has it:
// the label, the client's random, the secret, all but the label in hexadecimal. A secret of another
// length is that of a suite with another hash.
func parseKeyLog(line string) (s secret, ok bool) {
	rest, ok := strings.CutPrefix(line, serverTraffic)
	if !ok {
		return s, false
	}
	_, text, ok := strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
	if !ok || len(text) != hex.EncodedLen(len(s)) {
		return s, false
	}
	if _, err := hex.Decode(s[:], []byte(text)); err != nil {
		return secret{}, false
	}
	return s, true
}

// next returns the secret that follows after a KeyUpdate (RFC 8446 §7.2).
func (s secret) next() (after secret) {
	copy(after[:], s.expand("traffic upd", len(after)))
	return after
}

// expand is HKDF-Expand-Label with an empty context (RFC 8446 §7.1).
func (s secret) expand(label string, size int) []byte {
	label = "tls13 " + label
	info := binary.BigEndian.AppendUint16(nil, uint16(size))
	info = append(append(info, byte(len(label))), label...)
	key, err := hkdf.Expand(sha256.New, s[:], string(append(info, 0)), size)
	if err != nil {
		panic(err) // sizes are constants, far below the limit of 255 hashes
	}
	return key
}

// Cipher types of linux/tls.h.
const (
	aesGCM128        = 51
	chacha20Poly1305 = 54
)

// A suite is a cipher suite that the kernel may have.
type suite struct {
	id     uint16
	cipher uint16 // of linux/tls.h
	key    int    // octets
	salt   int    // octets of the nonce that the structure has behind the key
	record string // of Probe, under the secret of Probe
}

// The records of the probe. They were made by another implementation, Python's cryptography. AES
// is compared again by a test.
const (
	knownAESGCM = "170303001ab53f9fcdaa41a24ecdbed91e0e599f59a5e313ad1b6f9afb720d"
	knownChaCha = "170303001a6b852e47dfab31b7256e1efb679f7b14043e5cf4fbba359d5de5"
)

// suites are those of TLS 1.3 whose hash is SHA-256.
var suites = [...]suite{
	{id: tls.TLS_AES_128_GCM_SHA256, cipher: aesGCM128, key: 16, salt: 4, record: knownAESGCM},
	{id: tls.TLS_CHACHA20_POLY1305_SHA256, cipher: chacha20Poly1305, key: 32, record: knownChaCha},
}

// nonceSize is the length of the nonce of each suite.
const nonceSize = 12

// info returns the structure that TLS_TX takes, for the record number sequence under s. Numbers of
// it are in the byte order of the machine, except the sequence.
func (u *suite) info(s secret, sequence uint64) []byte {
	key, nonce := s.expand("key", u.key), s.expand("iv", nonceSize)
	b := binary.NativeEndian.AppendUint16(nil, tls.VersionTLS13)
	b = binary.NativeEndian.AppendUint16(b, u.cipher)
	b = append(append(append(b, nonce[u.salt:]...), key...), nonce[:u.salt]...)
	return binary.BigEndian.AppendUint64(b, sequence)
}

// A Socket is what this package needs of the kernel. Tests have their own.
type Socket interface {
	// Enable makes it possible to install keys. What is written before is sent as it is.
	Enable(*net.TCPConn) error
	// Install gives the kernel the keys of the records to come, as setsockopt TLS_TX takes
	// them.
	Install(conn *net.TCPConn, info []byte) error
	// Control sends a record of a type other than application_data.
	Control(conn *net.TCPConn, record byte, content []byte) error
}

// An offer is what the kernel can do for a connection.
type offer struct {
	socket Socket
	suites []*suite    // that have passed the probe
	rekeys bool        // keys of a socket can be replaced
	config *tls.Config // of the connections, but for the writer of their key log
}

// suite returns a suite that the kernel has, or nil.
func (o *offer) suite(id uint16) *suite {
	for _, u := range o.suites {
		if u.id == id {
			return u
		}
	}
	return nil
}

// String names the suites, for the log.
func (o *offer) String() (names string) {
	for _, u := range o.suites {
		if names != "" {
			names += " "
		}
		names += tls.CipherSuiteName(u.id)
	}
	return names
}
