package cardupdate

import (
	"errors"
	"fmt"
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
