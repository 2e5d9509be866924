package config

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestParseSize(t *testing.T) {
	good := map[string]Size{"0B": 0, "4096B": 4096, "50MiB": 50 << 20, "1 GiB": 1 << 30, "2TiB": 2 << 40, "5kB": 5000, "3MB": 3e6, "1GB": 1e9, "1TB": 1e12}
	for text, want := range good {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MiB", "50", "-1MiB", "+1MiB", "1.5GiB", "50mib", "50  MiB", " 50MiB", "9000000TiB", "99999999999999999999B"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
	for size, want := range map[Size]string{0: "0B", 1: "1B", 1 << 10: "1KiB", 3 << 20: "3MiB", 1<<30 + 1: "1073741825B", math.MaxInt64: "9223372036854775807B"} {
		if got := size.String(); got != want {
			t.Errorf("%d: got %q, want %q", int64(size), got, want)
		}
	}
}

func TestParseDurationAndPercent(t *testing.T) {
	if d, err := ParseDuration("1h30m"); err != nil || time.Duration(d) != 90*time.Minute || d.String() != "1h30m0s" {
		t.Errorf("got %v, %v", d, err)
	}
	for _, text := range []string{"", "60", "-5s", "soon"} {
		if d, err := ParseDuration(text); err == nil {
			t.Errorf("%q was read as %v", text, d)
		}
	}
	if p, err := ParsePercent("50%"); err != nil || p != 50 || p.String() != "50%" {
		t.Errorf("got %v, %v", p, err)
	}
	for _, text := range []string{"", "%", "50", "-1%", "101%", "5.5%"} {
		if p, err := ParsePercent(text); err == nil {
			t.Errorf("%q was read as %v", text, p)
		}
	}
}

func TestPrefixes(t *testing.T) {
	tests := []struct {
		words, in, out string // in and out: addresses that are in the set and that are not
	}{
		{"private", "127.0.0.1 ::1 10.1.2.3 172.31.0.1 192.168.1.1 169.254.1.1 fe80::1%eth0 fd12::1 ::ffff:10.0.0.1",
			"8.8.8.8 172.32.0.1 192.169.0.1 2001:db8::1 ::ffff:8.8.8.8 0.0.0.0 ::"},
		{"any", "8.8.8.8 2001:db8::1 ::ffff:8.8.8.8", ""},
		{"192.168.7.0/24", "192.168.7.9 ::ffff:192.168.7.9", "192.168.8.1 127.0.0.1"},
		{"192.168.7.9 2001:db8::/32", "192.168.7.9 2001:db8::5", "192.168.7.8 2001:db9::"},
	}
	for _, tt := range tests {
		t.Run(tt.words, func(t *testing.T) {
			p, err := ParsePrefixes(strings.Fields(tt.words))
			if err != nil {
				t.Fatal(err)
			}
			for _, addr := range strings.Fields(tt.in) {
				if !p.Contains(netip.MustParseAddr(addr)) {
					t.Errorf("%s is not in", addr)
				}
			}
			for _, addr := range strings.Fields(tt.out) {
				if p.Contains(netip.MustParseAddr(addr)) {
					t.Errorf("%s is in", addr)
				}
			}
			if p.Contains(netip.Addr{}) {
				t.Error("the zero address is in")
			}
		})
	}
	for _, word := range []string{"", "home", "192.168.7.1/24", "1.2.3.4/33", "fe80::1%eth0", "*"} {
		if p, err := ParsePrefixes([]string{word}); err == nil {
			t.Errorf("%q was read as %v", word, p)
		}
	}
}

func TestEnvironment(t *testing.T) {
	tests := []struct {
		name, host string
		uid        int
		vars       string
		wantHost   string
		wantState  string
	}{
		{"a service of systemd", "nas", 990, "STATE_DIRECTORY=/var/lib/pillarbox HOME=/", "nas.home.arpa", "/var/lib/pillarbox"},
		{"a service with two folders", "nas", 0, "STATE_DIRECTORY=/data/a:/data/b", "nas.home.arpa", "/data/a"},
		{"root", "nas.lan", 0, "HOME=/root XDG_STATE_HOME=/x", "nas.lan", "/var/lib/pillarbox"},
		{"a user", "Laptop", 1000, "HOME=/home/anna", "laptop.home.arpa", "/home/anna/.local/state/pillarbox"},
		{"a user with XDG_STATE_HOME", "laptop", 1000, "HOME=/home/anna XDG_STATE_HOME=/home/anna/state", "laptop.home.arpa", "/home/anna/state/pillarbox"},
		{"a relative XDG_STATE_HOME is not used", "laptop", 1000, "HOME=/home/anna XDG_STATE_HOME=state", "laptop.home.arpa", "/home/anna/.local/state/pillarbox"},
		{"a machine without a name", "", 0, "", "pillarbox.home.arpa", "/var/lib/pillarbox"},
		{"a machine called localhost", "localhost.localdomain", 0, "", "pillarbox.home.arpa", "/var/lib/pillarbox"},
		{"a name that no certificate can hold", "my_nas", 0, "", "pillarbox.home.arpa", "/var/lib/pillarbox"},
		{"a name that is an address", "192.168.1.1", 0, "", "pillarbox.home.arpa", "/var/lib/pillarbox"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vars := map[string]string{}
			for _, assignment := range strings.Fields(tt.vars) {
				name, value, _ := strings.Cut(assignment, "=")
				vars[name] = value
			}
			c, err := Builtin(Environment{Hostname: tt.host, UID: tt.uid, Getenv: func(name string) string { return vars[name] }})
			if err != nil {
				t.Fatal(err)
			}
			if c.Hostname != tt.wantHost || c.State != tt.wantState {
				t.Errorf("got %q and %q, want %q and %q", c.Hostname, c.State, tt.wantHost, tt.wantState)
			}
		})
	}
	_, err := Builtin(Environment{UID: 1000, Getenv: func(string) string { return "" }})
	if err == nil || !strings.Contains(err.Error(), "state: no state directory is known") {
		t.Errorf("without a home: %v", err)
	}
}
