package names

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"Anna": "anna", "Ä": "Ä", "K\u212a": "k\u212a", "": ""} {
		if got := Fold(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestCheckAccount(t *testing.T) {
	for _, good := range []string{"a", "anna.b-c_1", strings.Repeat("x", 64)} {
		if err := CheckAccount(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "Anna", "a b", "a/b", "ä", strings.Repeat("x", 65)} {
		if CheckAccount(bad) == nil {
			t.Errorf("%q is an account name", bad)
		}
	}
}

func TestIsASCII(t *testing.T) {
	for text, want := range map[string]bool{"": true, "a\x7f": true, "ä": false, "a\x80": false} {
		if IsASCII(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestAddrOf(t *testing.T) {
	mapped := &net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.1"), Port: 1}
	if got := AddrOf(mapped); got != netip.MustParseAddr("192.0.2.1") {
		t.Errorf("got %v", got)
	}
	if got := AddrOf(&net.UnixAddr{}); got.IsValid() {
		t.Errorf("a local socket is at %v", got)
	}
}
