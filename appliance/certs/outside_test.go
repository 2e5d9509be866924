package certs

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOutside: a name that the authority does not permit leaves the certificate as it is and never
// prevents a start; what the authority permits takes effect.
func TestOutside(t *testing.T) {
	set := func(host string, domains, further []string) func(*Options) {
		return func(o *Options) { o.Names = NamesOf(host, o.Names.Addrs).With(domains, further) }
	}
	home := []string{"home.arpa"}
	for _, tt := range []struct {
		name    string
		change  func(*Options)
		changed bool
		outside []string
		has     []string // of the names of the certificate
	}{
		{"nothing", func(*Options) {}, false, nil, []string{"nas"}},
		{"another host at home", set("box.home.arpa", home, nil), true, []string{"box"}, []string{"box.home.arpa", "box.local", "autoconfig.box.local"}},
		{"a host elsewhere", set("nas.other.example", home, nil), false,
			[]string{"nas.other.example", "autoconfig.nas.other.example", "autodiscover.nas.other.example"}, []string{"nas.home.arpa", "nas"}},
		{"a further name at home", set("nas.home.arpa", home, []string{"disk.lan"}), true, nil, []string{"disk.lan", "nas.home.arpa"}},
		{"a further address at home", set("nas.home.arpa", home, []string{"10.1.1.1"}), true, nil, []string{"10.1.1.1", "nas.home.arpa"}},
		{"a further name elsewhere", set("nas.home.arpa", home, []string{"disk.lan", "www.bank.example"}), false, []string{"www.bank.example"}, []string{"nas.home.arpa"}},
		{"a further address elsewhere", set("nas.home.arpa", home, []string{"8.8.8.8"}), false, []string{"8.8.8.8"}, []string{"nas.home.arpa"}},
		{"a domain at home", set("nas.home.arpa", []string{"house.lan"}, nil), true, nil, []string{"autoconfig.house.lan"}},
		{"a domain elsewhere", set("nas.home.arpa", []string{"other.example"}, nil), false,
			[]string{"autoconfig.other.example", "autodiscover.other.example"}, []string{"autoconfig.home.arpa"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			start := options(dir, day)
			start.Names = start.Names.With(home, nil)
			before := open(t, start).Leaf()
			authority := loadedAuthority(t, dir)
			opts := start
			tt.change(&opts)
			for range 2 { // the second start does what the first did
				r := open(t, opts)
				if got := !r.Leaf().Equal(before); got != tt.changed {
					t.Errorf("changed: %v", got)
				}
				if got := r.Outside(); !slices.Equal(got, tt.outside) {
					t.Errorf("outside is %q, want %q", got, tt.outside)
				}
				for _, name := range tt.has {
					if err := r.Leaf().VerifyHostname(name); err != nil {
						t.Error(err)
					}
				}
				if _, err := r.Leaf().Verify(x509.VerifyOptions{Roots: authorityOf(t, dir), CurrentTime: built.Add(day)}); err != nil {
					t.Error(err)
				}
				before, tt.changed = r.Leaf(), false
			}
			if !loadedAuthority(t, dir).cert.Equal(authority.cert) {
				t.Error("the authority was replaced")
			}
		})
	}
}

// TestOutsideIsRenewed: a certificate that is renewed beside a name that is not permitted still has
// the names that clients use, and a lost one is made without it.
func TestOutsideIsRenewed(t *testing.T) {
	dir := t.TempDir()
	open(t, household(dir, 0))
	opts := household(dir, 0)
	opts.Names = NamesOf("nas.other.example", opts.Names.Addrs).With([]string{"other.example"}, []string{"disk.lan"})
	r := open(t, opts)
	before := r.Leaf()
	if err := before.VerifyHostname("disk.lan"); err == nil {
		t.Error("the certificate was made again")
	}
	late := built.Add(750 * day)
	for n := range 3 {
		if _, err := r.Renew(late.Add(time.Duration(n)*time.Hour), time.Duration(n)*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if r.Leaf().Equal(before) {
		t.Fatal("not renewed")
	}
	for _, name := range []string{"nas.home.arpa", "nas.local", "nas", "mail.isp.example", "disk.lan"} {
		if _, err := r.Leaf().Verify(x509.VerifyOptions{DNSName: name, Roots: authorityOf(t, dir), CurrentTime: late}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !slices.Contains(r.Outside(), "nas.other.example") {
		t.Errorf("outside is %q", r.Outside())
	}
	os.Remove(filepath.Join(dir, serverCert))
	r = open(t, opts)
	if _, err := r.Leaf().Verify(x509.VerifyOptions{DNSName: "nas.local", Roots: authorityOf(t, dir), CurrentTime: built.Add(day)}); err != nil {
		t.Error(err)
	}
}

// TestWithoutTheKeyOfTheAuthority: if the key is stored elsewhere, domains can be changed. A name
// that is needed requires the key.
func TestWithoutTheKeyOfTheAuthority(t *testing.T) {
	dir := t.TempDir()
	before := open(t, household(dir, day)).Leaf()
	if err := os.Remove(filepath.Join(dir, authorityKey)); err != nil {
		t.Fatal(err)
	}
	opts := options(dir, day)
	opts.Names = opts.Names.With([]string{"house.lan"}, nil)
	if r := open(t, opts); !r.Leaf().Equal(before) {
		t.Error("the certificate is another one")
	}
	opts.Names = opts.Names.With(nil, []string{"disk.lan"})
	if _, err := Open(opts); err == nil || !strings.Contains(err.Error(), authorityKey) {
		t.Errorf("got %v", err)
	}
}
