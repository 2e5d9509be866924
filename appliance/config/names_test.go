package config

import (
	"strings"
	"testing"
)

// What cannot be in a certificate is refused with a reason.
func TestFurtherNames(t *testing.T) {
	for _, tt := range []struct{ name, written, want string }{
		{"a wildcard", "*.lan", "only a-z, 0-9 and hyphens can"},
		{"half an address", "192.168.1", "is neither a host name nor an address"},
		{"an address of no server", "0.0.0.0", "is not the address of a server"},
		{"a group of servers", "ff02::1", "is not the address of a server"},
		{"an address with a zone", "fe80::1%eth0", "has a zone, which no certificate can hold"},
		{"a range of addresses", "192.168.1.0/24", "only a-z, 0-9 and hyphens can"},
		{"a name with a port", "disk.lan:995", "only a-z, 0-9 and hyphens can"},
		{"an address in brackets", "[fd00::7]", "only a-z, 0-9 and hyphens can"},
		{"nothing", "", "1 to 253 characters are needed"},
		{"a name", "Disk.lan.", ""},
		{"a bare name", "disk", ""},
		{"an address", "fd00::7", ""},
	} {
		_, err := Parse("f.toml", []byte("[tls]\nnames = [\""+tt.written+"\"]\n"), home)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
