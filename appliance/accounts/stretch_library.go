//go:build !arm

package accounts

import (
	"crypto/pbkdf2"
	"crypto/sha256"
)

// saltedPassword is Hi() of RFC 5802 §2.2.
func saltedPassword(password string, salt []byte, iterations int) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
}
