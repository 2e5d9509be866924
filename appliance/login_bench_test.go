package appliance

import (
	"net/netip"
	"testing"

	"pillarbox/appliance/accounts"
)

// BenchmarkLogin: what a client that looks every minute costs, whose password was verified before, and what the first login does.
func BenchmarkLogin(b *testing.B) {
	table, err := accounts.Parse("accounts", nil)
	if err != nil {
		b.Fatal(err)
	}
	if table, err = table.Add("anna", "a long password"); err != nil {
		b.Fatal(err)
	}
	in := &rules{table: table, routing: accounts.NewRouting(table, "nas.home.arpa", []string{"home.arpa"}, nil)}
	from := netip.MustParseAddr("192.168.1.66")
	for _, kind := range []struct {
		name   string
		forget bool
	}{{"again", false}, {"first", true}} {
		b.Run(kind.name, func(b *testing.B) {
			l := newLogins(func() *rules { return in }, func(string) {})
			b.ReportAllocs()
			for b.Loop() {
				if kind.forget {
					clear(l.recent)
				}
				if _, err := l.check(b.Context(), "anna", "a long password", from); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A client that comes again with a password that was right costs no derivation.
func TestLoginAgain(t *testing.T) {
	g := newGuesser(t)
	for range 3 {
		g.try("192.168.1.66", "anna", "anna", true)
	}
	if g.derived != 1 {
		t.Errorf("%d derivations, want 1", g.derived)
	}
}
