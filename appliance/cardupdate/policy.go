package cardupdate

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
)

// A Policy is what this card installs.
type Policy struct {
	Board   string
	Running string // the version that runs, or "" if it is not known
	Keys    []Key

	AllowOlder, AllowUnsigned bool
}

// An OlderError is returned for an update that is older than what runs.
type OlderError struct{ Version, Running string }

func (e *OlderError) Error() string {
	version := "version " + e.Version
	if e.Version == "" {
		version = "a version that it does not state"
	}
	return fmt.Sprintf("the update has %s, and %s runs: an older version may have faults that are known. "+
		"If you want it, install it with -allow-older", version, e.Running)
}

// Check returns nil if the update may be installed, and otherwise the reason. The signature comes
// first: nothing that it does not cover can be trusted.
func (p *Policy) Check(m *Manifest) error {
	if _, err := m.Signer(p.Keys); err != nil && !(p.AllowUnsigned && errors.Is(err, ErrUnsigned)) {
		return err
	}
	if m.Board != p.Board {
		return fmt.Errorf("the update is for the board %q, and this is %q", m.Board, p.Board)
	}
	older := m.Version == "" || CompareVersions(m.Version, p.Running) < 0
	if older && p.Running != "" && !p.AllowOlder {
		return &OlderError{m.Version, p.Running}
	}
	return nil
}

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
