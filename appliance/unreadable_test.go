package appliance

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// unreadable is a file that not even root can read.
const unreadable = "/proc/sys/vm/compact_memory"

// TestUnreadableCertificate: a server that may not read the user's certificate starts with its own,
// and its log and its health say so.
func TestUnreadableCertificate(t *testing.T) {
	if _, err := os.ReadFile(unreadable); !errors.Is(err, os.ErrPermission) {
		t.Skipf("%s: %v", unreadable, err)
	}
	c := settings(t.TempDir())
	c.TLS.Cert, c.TLS.Key = unreadable, unreadable
	b := start(t, c, Options{})
	if n := b.log.FilterMessageSnippet("tls.cert and tls.key cannot be read").Len(); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
	if said := strings.Join(b.cert.other(b.rules.Load().config), "\n"); !strings.Contains(said, "tls.cert") {
		t.Errorf("degraded: %q", said)
	}
	if err := b.Reload(); !errors.Is(err, os.ErrPermission) {
		t.Errorf("a reload: %v", err)
	}
	b = start(t, settings(t.TempDir()), Options{})
	if said := strings.Join(b.cert.other(b.rules.Load().config), "\n"); said != "" {
		t.Errorf("without tls.cert: %q", said)
	}
}
