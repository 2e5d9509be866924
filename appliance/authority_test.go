package appliance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pillarbox/appliance/admin"
)

// TestNameOutsideOfTheAuthority: a name that the authority does not permit stops neither a start
// nor a reload. The server goes on with the certificate that it has, and says what to do in the log
// and in check-config.
func TestNameOutsideOfTheAuthority(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	if got := admin.Authority(c); !strings.HasPrefix(got, "none yet: ") {
		t.Errorf("before the first start: %s", got)
	}
	b := start(t, c, Options{})
	if got := admin.Authority(c); !strings.Contains(got, "constrained to ") || strings.Contains(got, "not constrained") || !strings.Contains(got, "nas.home.arpa") {
		t.Errorf("after the first start: %s", got)
	}
	if warnings, _, err := admin.Check(c); err != nil || len(warnings) > 0 || b.logged("certificate authority does not permit names of the configuration") {
		t.Errorf("%q, %v", warnings, err)
	}
	leaf := b.cert.Fingerprint()
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}

	c = settings(state)
	c.TLS.Names = []string{"disk.lan", "www.bank.example"}
	b = start(t, c, Options{})
	entries := b.log.FilterMessage("certificate authority does not permit names of the configuration").All()
	if len(entries) != 1 || entries[0].ContextMap()["names"] != "www.bank.example" || !strings.Contains(entries[0].ContextMap()["advice"].(string), filepath.Join(state, "certs")) {
		t.Errorf("logged %v", entries)
	}
	if b.cert.Fingerprint() != leaf {
		t.Error("the certificate is another one")
	}
	b.login("pop3.listen_tls", "anna").must("NOOP", "QUIT")
	if warnings, _, err := admin.Check(c); err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "www.bank.example") {
		t.Errorf("%q, %v", warnings, err)
	}
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}

	c.TLS.Names = []string{"disk.lan"}
	b = start(t, c, Options{})
	if err := b.cert.Leaf().VerifyHostname("disk.lan"); err != nil {
		t.Error(err)
	}
	own := *c // the server reads c
	own.TLS.Cert = filepath.Join(state, "own.crt")
	if err := os.WriteFile(own.TLS.Cert, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := admin.CheckNames(&own); len(got) != 1 || !strings.HasPrefix(got[0], "tls.names: has no effect") {
		t.Errorf("%q", got)
	}
	if got := admin.Authority(&own); got != "none of its own: tls.cert is "+own.TLS.Cert {
		t.Error(got)
	}
}
