package cardupdate

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Key is a public key whose updates are installed.
type Key struct {
	ID     string
	public ed25519.PublicKey
}

// A signature is a line of the page.
type signature struct {
	key    string
	octets []byte
}

// idLength is how many hexadecimal digits of the SHA-256 name a key.
const idLength = 16

// ParseKey reads a public key in PEM form, as "openssl pkey -pubout" writes it.
func ParseKey(text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return Key{}, errors.New("no public key in PEM form")
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return Key{}, errors.New("this is a private key, which belongs on no card; openssl pkey -in FILE -pubout writes the public one")
	case block.Type != "PUBLIC KEY":
		return Key{}, fmt.Errorf("%q is not a public key", block.Type)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, err
	}
	public, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return Key{}, errors.New("the key is not an Ed25519 key; openssl genpkey -algorithm ed25519 makes one")
	}
	sum := sha256.Sum256(block.Bytes)
	return Key{hex.EncodeToString(sum[:])[:idLength], public}, nil
}

// ReadKeys reads the *.pem files of directories, which need not exist. A file that is no key does
// not make the others useless: the error names it, and the keys are those of the other files.
func ReadKeys(directories ...string) (keys []Key, err error) {
	var errs []error
	for _, directory := range directories {
		files, _ := filepath.Glob(filepath.Join(directory, "*.pem"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			key, err := ParseKey(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", file, err))
				continue
			}
			keys = append(keys, key)
		}
	}
	return keys, errors.Join(errs...)
}

// parseSignatures reads the lines behind those that are signed.
func parseSignatures(text string) (signatures []signature, err error) {
	for line := range strings.Lines(text) {
		words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if len(words) != 3 || words[0] != "signature" {
			return nil, errors.New("a line follows the signature, and is not signed")
		}
		octets, err := base64.StdEncoding.Strict().DecodeString(words[2])
		if id, bad := hex.DecodeString(words[1]); err != nil || bad != nil || len(id) != idLength/2 || len(octets) != ed25519.SignatureSize {
			return nil, errors.New("the form of its signature is wrong")
		}
		signatures = append(signatures, signature{words[1], octets})
	}
	return signatures, nil
}
