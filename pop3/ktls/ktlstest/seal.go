package ktlstest

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// Record types (RFC 8446 §5.1).
const (
	Alert       = 21
	Handshake   = 22
	Application = 23
)

// recordMax is how many octets are in one record at most.
const recordMax = 16 << 10

// A Sealer makes the records of one direction.
type Sealer struct {
	aead     cipher.AEAD
	nonce    [12]byte
	sequence uint64
}

// NewSealer returns one for the structure tls12_crypto_info_aes_gcm_128 of linux/tls.h: version and
// cipher, nonce[4:12], key, nonce[0:4], sequence.
func NewSealer(info []byte) (*Sealer, error) {
	const size = 4 + 8 + 16 + 4 + 8
	if len(info) != size || binary.NativeEndian.Uint16(info[2:]) != 51 {
		return nil, fmt.Errorf("ktlstest: %d octets are not the keys of AES-128-GCM", len(info))
	}
	s := &Sealer{sequence: binary.BigEndian.Uint64(info[32:])}
	copy(s.nonce[4:], info[4:12])
	copy(s.nonce[:4], info[28:32])
	block, err := aes.NewCipher(info[12:28])
	if err != nil {
		return nil, err
	}
	s.aead, err = cipher.NewGCM(block)
	return s, err
}

// Seal appends the record of content to b (RFC 8446 §5.2).
func (s *Sealer) Seal(b []byte, record byte, content []byte) []byte {
	inner := append(append([]byte(nil), content...), record)
	header := []byte{Application, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(header[3:], uint16(len(inner)+s.aead.Overhead()))
	nonce := s.nonce
	for i, n := range binary.BigEndian.AppendUint64(nil, s.sequence) {
		nonce[4+i] ^= n
	}
	s.sequence++
	return s.aead.Seal(append(b, header...), nonce[:], inner, header)
}
