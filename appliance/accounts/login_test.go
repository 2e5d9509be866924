package accounts

import (
	"strings"
	"testing"
)

func TestParseLogin(t *testing.T) {
	for _, tt := range []struct {
		name string
		want Login
		ok   bool
	}{
		{"anna", Login{"anna", "", false}, true},
		{"anna+phone", Login{"anna", "phone", false}, true},
		{"recent:anna", Login{"anna", "", true}, true},
		{"recent:anna+my-phone.2", Login{"anna", "my-phone.2", true}, true},
		{"recent:", Login{"", "", true}, true},
		{"", Login{}, true},
		{"anna+" + strings.Repeat("x", 32), Login{"anna", strings.Repeat("x", 32), false}, true},
		{"anna+" + strings.Repeat("x", 33), Login{}, false},
		{"anna+", Login{}, false},
		{"anna+phone+two", Login{}, false},
		{"anna+ph one", Login{}, false},
		{"anna+\x00", Login{}, false},
	} {
		got, ok := ParseLogin(tt.name)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %+v, %v", tt.name, got, ok)
		}
		if ok && got.String() != tt.name {
			t.Errorf("%q was written as %q", tt.name, got)
		}
	}
}

// TestViewIsOfAnAccount: domain and letter case make no difference to the view, and an alias with a
// plus is not an account.
func TestViewIsOfAnAccount(t *testing.T) {
	table, err := Parse("accounts", []byte(lineOf("anna", 1)))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRouting(table, "nas.home.arpa", []string{"home.arpa"}, map[string][]string{"anna+lists": {"otto"}})
	for _, tt := range []struct {
		user string
		want Login
		ok   bool
	}{
		{"Anna@Home.Arpa", Login{"anna", "", false}, true},
		{"RECENT:Anna+Phone@home.arpa", Login{"anna", "phone", true}, true},
		{"anna+lists", Login{"anna", "lists", false}, true},
		{"anna+phone@example.com", Login{}, false},
		{"anna+phone@", Login{}, false},
		{"anna+@home.arpa", Login{}, false},
	} {
		got, ok := r.View(tt.user)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %+v, %v", tt.user, got, ok)
		}
		if name, same := r.Login(tt.user); same != tt.ok || ok && name != tt.want.Account {
			t.Errorf("%q is a login of %q, %v", tt.user, name, same)
		}
	}
}

// FuzzParseLogin: an accepted name is written as it was read.
func FuzzParseLogin(f *testing.F) {
	for _, seed := range []string{"anna", "recent:anna+phone", "recent:recent:a+b+c", "+", ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		l, ok := ParseLogin(name)
		if ok && (l.String() != name || len(l.Device) > longestDevice || strings.Contains(l.Account, "+")) {
			t.Errorf("%q was read as %+v", name, l)
		}
	})
}
