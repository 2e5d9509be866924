package fetcher

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"os"
)

// fingerprint returns the SHA-256 of the first certificate in a file, in hexadecimal digits.
func fingerprint(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return "", fmt.Errorf("%s has no certificate", path)
	}
	return fmt.Sprintf("%x", sha256.Sum256(block.Bytes)), nil
}
