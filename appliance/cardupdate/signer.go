package cardupdate

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
)

// ErrUnsigned is returned for an update without a signature.
var ErrUnsigned = errors.New("the update is not signed: anyone may have made it. If it is your own, sign it, " +
	"or install it with -allow-unsigned")

// A ForeignError is returned for an update that only unknown keys have signed.
type ForeignError struct{ Keys []string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("the update is signed by key %s, which this card does not trust. If the key is your own, run "+
		"\"pillarbox-update trust FILE\" with its public key (openssl pkey -in KEY.pem -pubout)", strings.Join(e.Keys, " and "))
}

// A TamperedError is returned for an update whose signature does not match what it says.
type TamperedError struct{ Key string }

func (e *TamperedError) Error() string {
	return fmt.Sprintf("the signature of key %s does not match: the update was changed after it was signed, or is damaged. "+
		"Get it again from where it comes from", e.Key)
}

// Signer returns the key that signed the manifest, or the reason why none of keys did.
func (m *Manifest) Signer(keys []Key) (Key, error) {
	if len(m.signatures) == 0 {
		return Key{}, ErrUnsigned
	}
	var foreign []string
	changed := ""
	for _, s := range m.signatures {
		known := false
		for _, key := range keys {
			if key.ID != s.key {
				continue
			}
			if known = true; ed25519.Verify(key.public, m.signed, s.octets) {
				return key, nil
			}
			changed = key.ID
		}
		if !known {
			foreign = append(foreign, s.key)
		}
	}
	if changed != "" {
		return Key{}, &TamperedError{changed}
	}
	return Key{}, &ForeignError{foreign}
}
