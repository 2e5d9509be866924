package access

import (
	"slices"
	"testing"
)

// When a password changes or an account is removed, its sessions end, and no others.
func TestRevoke(t *testing.T) {
	rules := family(t, "anna", "otto", "hugo")
	h := newHall(t, 256)
	for n, name := range []string{"anna", "otto", "hugo", ""} {
		s := h.all(1, func(int) Client { return street(n) })[0]
		if name != "" {
			account, _ := rules.Accounts.Lookup(name)
			s.LoggedIn(Login{name, account.Verifier.Digest()})
			if !rules.Holds(s.Login()) {
				t.Errorf("%s: the login does not hold", name)
			}
		}
	}
	if n := h.Revoke(rules); n != 0 {
		t.Errorf("%d sessions ended without a change", n)
	}
	changed, err := rules.Accounts.SetPassword("anna", "another one")
	if err != nil {
		t.Fatal(err)
	}
	if changed, err = changed.Remove("hugo"); err != nil {
		t.Fatal(err)
	}
	after := rulesOf(changed)
	if n := h.Revoke(after); n != 2 || !slices.Equal(h.ended, []Client{street(0), street(2)}) {
		t.Errorf("%d sessions ended: %v", n, h.ended)
	}
	if n := h.Revoke(after); n != 0 {
		t.Errorf("%d sessions ended twice", n)
	}
}
