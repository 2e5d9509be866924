package appliance

import (
	"slices"
	"testing"
	"time"

	"pillarbox/appliance/outbound"
	"pillarbox/appliance/remote"
)

// The page says how remote accounts and outgoing mail are doing, without what providers say and
// without recipients.
func TestStatusLines(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	got := remoteLines([]remote.Status{
		{Name: "anna-mail", Last: now.Add(-5 * time.Minute)},
		{Name: "ben-mail", Why: "535 bob@example.com is locked", Asks: true},
		{Name: "carl-mail", Last: now.Add(-3 * time.Hour), Why: "421 later"},
	}, now.Sub)
	want := []string{
		"anna-mail: collected 5 min ago",
		"ben-mail: not collected since the start of the server; it needs you: pillarbox remote list says why",
		"carl-mail: collected 3 h ago; the last attempt failed: pillarbox remote list says why",
	}
	if !slices.Equal(got, want) {
		t.Errorf("remote accounts: %q", got)
	}
	got = queueLines([]outbound.Entry{
		{ID: "2", Account: "ben-mail", To: "x@example.com", Held: true},
		{ID: "1", Account: "anna-mail", To: "x@example.com"}, {ID: "1", Account: "anna-mail", To: "y@example.com"},
		{ID: "3", Account: "anna-mail", To: "x@example.com", Held: true},
	})
	if want := []string{"anna-mail: 2 to be sent, of which 1 are held", "ben-mail: 1 to be sent, of which 1 are held"}; !slices.Equal(got, want) {
		t.Errorf("outgoing mail: %q", got)
	}
	if remoteLines(nil, now.Sub) != nil || queueLines(nil) != nil {
		t.Error("lines about nothing")
	}
}

// The page is reached by the name that is announced after a conflict, and names are compared in
// lower case.
func TestPageNames(t *testing.T) {
	c := settings(t.TempDir())
	c.Hostname, c.Web.Names = "nas.home.arpa", []string{"mail.example"}
	got := pageNames(c, []string{"NAS.Home.Arpa", "Box.Example"}, "nas-2.local")
	for _, name := range []string{"nas.home.arpa", "box.example", "nas", "nas-2.local", "mail.example"} {
		if !slices.Contains(got, name) {
			t.Errorf("%s is missing: %q", name, got)
		}
	}
	if slices.Contains(got, "NAS.Home.Arpa") || slices.Contains(pageNames(c, nil, ""), "") {
		t.Errorf("%q", got)
	}
}
