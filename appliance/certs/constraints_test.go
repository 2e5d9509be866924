package certs

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// household returns the options of options with two mail domains, and a further name and address.
func household(dir string, after time.Duration) Options {
	opts := options(dir, after)
	opts.Names = opts.Names.With([]string{"home.arpa", "family.example"}, []string{"mail.isp.example", "203.0.113.7", "2001:db8::7", "tower"})
	return opts
}

// loadedAuthority returns the authority in dir.
func loadedAuthority(t *testing.T, dir string) pair {
	t.Helper()
	authority, err := loadPair(dir, authorityCert, authorityKey)
	if err != nil || authority.cert == nil {
		t.Fatal(authority, err)
	}
	return authority
}

// permitted are names and addresses, and whether a new authority of the host nas may sign for them.
var permitted = []struct {
	name string
	want bool
}{
	{"nas.home.arpa", true},
	{"nas", true},
	{"nas.local", true},
	{"localhost", true},
	{"printer.local", true},
	{"autoconfig.nas.local", true},
	{"box.lan", true},
	{"box.internal", true},
	{"autoconfig.home.arpa", true},
	{"family.example", true},
	{"autodiscover.family.example", true},
	{"mail.isp.example", true},
	{"tower", true},
	{"192.168.1.7", true},
	{"10.9.8.7", true},
	{"172.31.0.1", true},
	{"127.0.0.1", true},
	{"169.254.1.1", true},
	{"100.64.0.1", true},
	{"100.127.255.255", true},
	{"::1", true},
	{"fd00::7", true},
	{"fe80::7", true},
	{"203.0.113.7", true},
	{"2001:db8::7", true},

	{"www.bank.example", false},
	{"isp.example", false},
	{"notfamily.example", false},
	{"family.example.com", false},
	{"www.nas", false}, // in a top-level domain of that name
	{"x.tower", false},
	{"com", false},
	{"home.arpa.example", false},
	{"8.8.8.8", false},
	{"203.0.113.8", false},
	{"100.128.0.1", false},
	{"172.32.0.1", false},
	{"192.169.0.1", false},
	{"2001:db8::8", false},
	{"::2", false},
}

// today returns the options of household with a build of yesterday: not all tools can verify for
// another day.
func today(dir string) Options {
	opts := household(dir, 0)
	opts.Now = time.Now()
	opts.Built = opts.Now.Add(-day)
	return opts
}

// TestConstraints: with the key of an authority, certificates can be made for the names of its host
// and its home, and for no other server of the Internet: Go, OpenSSL and GnuTLS reject those.
func TestConstraints(t *testing.T) {
	dir := t.TempDir()
	open(t, today(dir))
	authority := loadedAuthority(t, dir)
	for _, tt := range permitted {
		t.Run(tt.name, func(t *testing.T) {
			template := leafTemplate()
			if addr, err := netip.ParseAddr(tt.name); err == nil {
				template.IPAddresses = []net.IP{addr.AsSlice()}
				if got := permitsAddr(authority.cert, addr); got != tt.want {
					t.Errorf("permitsAddr is %v", got)
				}
			} else {
				template.DNSNames = []string{tt.name}
				if got := permitsName(authority.cert, tt.name); got != tt.want {
					t.Errorf("permitsName is %v", got)
				}
			}
			leaf, err := issue(template, authority)
			if err != nil {
				t.Fatal(err)
			}
			_, err = leaf.cert.Verify(x509.VerifyOptions{DNSName: tt.name, Roots: authorityOf(t, dir)})
			if (err == nil) != tt.want {
				t.Errorf("Go: %v", err)
			}
			for tool, err := range judge(t, dir, leaf, "sslserver") {
				if (err == nil) != tt.want {
					t.Errorf("%s: %v", tool, err)
				}
			}
		})
	}
}

// TestLeafIsPermitted: all tools accept the certificate of a new authority for each of its names.
func TestLeafIsPermitted(t *testing.T) {
	dir := t.TempDir()
	leaf := open(t, today(dir)).Leaf()
	for _, name := range []string{"nas.home.arpa", "nas", "nas.local", "localhost", "mail.isp.example", "tower", "127.0.0.1", "::1", "192.168.1.7", "203.0.113.7", "2001:db8::7",
		"autoconfig.nas.home.arpa", "autodiscover.nas.home.arpa", "autoconfig.home.arpa", "autodiscover.home.arpa", "autoconfig.family.example",
		"autodiscover.family.example", "autoconfig.nas.local", "autodiscover.nas.local"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: authorityOf(t, dir)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for tool, err := range judge(t, dir, pair{leaf, nil}, "sslserver") {
		if err != nil {
			t.Errorf("%s: %v", tool, err)
		}
	}
}

// TestAuthorityIsForServers: an authority that is installed for all purposes is valid for servers
// alone, and a name in the subject counts for nothing.
func TestAuthorityIsForServers(t *testing.T) {
	dir := t.TempDir()
	open(t, today(dir))
	authority := loadedAuthority(t, dir)
	for _, tt := range []struct {
		name    string
		usage   x509.ExtKeyUsage
		purpose string // of OpenSSL; "" if it has none
	}{
		{"mail", x509.ExtKeyUsageEmailProtection, "smimesign"},
		{"clients", x509.ExtKeyUsageClientAuth, "sslclient"},
		{"programs", x509.ExtKeyUsageCodeSigning, ""},
	} {
		template := leafTemplate()
		template.ExtKeyUsage = []x509.ExtKeyUsage{tt.usage}
		template.EmailAddresses = []string{"boss@bank.example"}
		leaf, err := issue(template, authority)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leaf.cert.Verify(x509.VerifyOptions{Roots: authorityOf(t, dir), KeyUsages: template.ExtKeyUsage}); err == nil {
			t.Errorf("%s: Go takes it", tt.name)
		}
		if err, tried := judge(t, dir, leaf, tt.purpose)["openssl"]; tried && tt.purpose != "" && err == nil {
			t.Errorf("%s: openssl takes it", tt.name)
		}
	}
	template := leafTemplate()
	template.Subject = pkix.Name{CommonName: "www.bank.example"}
	leaf, err := issue(template, authority)
	if err != nil {
		t.Fatal(err)
	}
	if err, tried := judge(t, dir, leaf, "sslserver")["openssl"]; tried && err == nil {
		t.Error("openssl takes the name of a subject")
	}
}

// leafTemplate returns what all certificates of these tests have in common.
func leafTemplate() *x509.Certificate {
	return &x509.Certificate{NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(30 * day), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
}

// judge returns the verdicts of the installed tools on a certificate, for a client that installed
// the authority in dir.
func judge(t *testing.T, dir string, leaf pair, purpose string) map[string]error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "leaf.crt")
	if leaf.key == nil {
		leaf.key = loadedAuthority(t, dir).key
	}
	text, _, err := leaf.encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(dir, authorityCert)
	said := map[string]error{}
	for _, tool := range [][]string{
		{"openssl", "verify", "-purpose", purpose, "-CAfile", authority, file},
		{"certtool", "--verify", "--load-ca-certificate", authority, "--infile", file},
	} {
		if _, err := exec.LookPath(tool[0]); err == nil {
			said[tool[0]] = exec.CommandContext(t.Context(), tool[0], tool[1:]...).Run()
		}
	}
	return said
}

// oldAuthority makes the files of a release without constraints.
func oldAuthority(t *testing.T, dir string) (authority, box pair) {
	t.Helper()
	template := leafTemplate()
	template.IsCA, template.MaxPathLenZero, template.KeyUsage, template.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	template.Subject.CommonName, template.NotBefore, template.NotAfter = "pillarbox authority of nas.home.arpa", built, built.Add(authorityLife)
	authority, err := issue(template, pair{})
	if err != nil {
		t.Fatal(err)
	}
	template = leafTemplate()
	template.DNSNames = []string{"nas.home.arpa", "nas", "nas.local", "localhost"}
	template.IPAddresses, template.NotBefore, template.NotAfter = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(192, 168, 1, 7)}, built, built.Add(boxLife)
	if box, err = issue(template, authority); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		cert, key string
		pair
	}{{authorityCert, authorityKey, authority}, {serverCert, serverKey, box}} {
		if err := storePair(dir, p.cert, p.key, p.pair); err != nil {
			t.Fatal(err)
		}
	}
	return authority, box
}

// TestOldAuthority: an authority without constraints stays, with the certificate that it has
// signed: clients trust them. AuthorityOf shows what it is, and it signs for every name.
func TestOldAuthority(t *testing.T) {
	dir := t.TempDir()
	authority, box := oldAuthority(t, dir)
	opts := options(dir, day)
	opts.Names = opts.Names.With([]string{"home.arpa"}, nil)
	r := open(t, opts)
	if !r.Leaf().Equal(box.cert) {
		t.Error("an upgrade shows another certificate")
	}
	opts.Names = opts.Names.With([]string{"home.arpa"}, []string{"www.bank.example", "8.8.8.8"})
	if changed, err := r.Reload(opts); !changed || err != nil || len(r.Outside()) > 0 {
		t.Errorf("changed: %v, %v; outside is %q", changed, err, r.Outside())
	}
	if !loadedAuthority(t, dir).cert.Equal(authority.cert) {
		t.Error("the authority was replaced")
	}
	if a, err := AuthorityOf(dir); err != nil || a.Constrained || a.Permitted != nil || a.Name != "pillarbox authority of nas.home.arpa" {
		t.Errorf("it is %+v, %v", a, err)
	}
}

func TestAuthorityOf(t *testing.T) {
	dir := t.TempDir()
	if _, err := AuthorityOf(dir); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	opts := household(dir, day)
	open(t, opts)
	a, err := AuthorityOf(dir)
	if err != nil || !a.Constrained || !slices.Contains(a.Permitted, "family.example") || !slices.Contains(a.Permitted, "10.0.0.0/8") || len(a.Fingerprint) != 32*3-1 {
		t.Errorf("it is %+v, %v", a, err)
	}
	if got := a.Outside(opts.Names); got != nil {
		t.Errorf("outside is %q", got)
	}
	if got := a.Outside(Names{DNS: []string{"nas.lan", "x.example"}}); !slices.Equal(got, []string{"x.example"}) {
		t.Errorf("outside is %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, authorityCert), []byte("zzz"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := AuthorityOf(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

// TestBareNames: a bare name that other names end in would permit a whole domain of the Internet,
// and is left out.
func TestBareNames(t *testing.T) {
	for _, tt := range []struct {
		host    string
		domains []string
		further []string
		bare    bool // the short form of the host name is in the certificate
		bank    string
	}{
		{"cloud.home.arpa", nil, nil, true, "bank.cloud"},
		{"box.fritz.box", nil, nil, false, "bank.box"},
		{"org.home.arpa", []string{"family.org"}, nil, false, "bank.org"},
		{"org.home.arpa", nil, []string{"mail.family.org"}, false, "bank.org"},
		{"lan.home.arpa", []string{"house.lan"}, nil, true, "bank.example"},
		{"nas.home.arpa", []string{"house"}, nil, true, "bank.house"},
	} {
		t.Run(tt.host, func(t *testing.T) {
			dir := t.TempDir()
			opts := options(dir, day)
			opts.Names = NamesOf(tt.host, nil).With(tt.domains, tt.further)
			r := open(t, opts)
			short, _, _ := strings.Cut(tt.host, ".")
			if got := r.Leaf().VerifyHostname(short) == nil; got != tt.bare {
				t.Errorf("the bare name is in the certificate: %v", got)
			}
			authority := loadedAuthority(t, dir).cert
			if permitsName(authority, tt.bank) {
				t.Errorf("%s is permitted", tt.bank)
			}
			if _, err := r.Leaf().Verify(x509.VerifyOptions{DNSName: tt.host, Roots: authorityOf(t, dir), CurrentTime: built.Add(day)}); err != nil || len(r.Outside()) > 0 {
				t.Errorf("%v; outside is %q", err, r.Outside())
			}
			if text, err := os.ReadFile(filepath.Join(dir, authorityCert)); err != nil || !bytes.Contains(text, []byte("CERTIFICATE")) {
				t.Error(err)
			}
		})
	}
}
