package appliance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pillarbox/appliance/listen"
	"pillarbox/appliance/statedir"
)

// TestPortsAreFinalOnceUsed: a choice of other ports is final only once a client has logged in.
func TestPortsAreFinalOnceUsed(t *testing.T) {
	state := t.TempDir()
	b := start(t, settings(state), Options{})
	if b.portsAreFinal() {
		t.Error("before the first login")
	}
	if err := os.Remove(filepath.Join(state, statedir.FirstLoginFile)); err != nil {
		t.Fatal(err)
	}
	if !b.portsAreFinal() {
		t.Error("after the first login, or a first start at a terminal")
	}
	other := t.TempDir()
	b = start(t, settings(other), Options{})
	family(t, other, "anna")
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	b.login("pop3.listen", "anna").must("QUIT")
	if _, err := os.Stat(filepath.Join(other, statedir.FirstLoginFile)); err != nil || !b.portsAreFinal() {
		t.Errorf("after the login of another account: %v", err)
	}
	if (&Appliance{state: t.TempDir()}).portsAreFinal() {
		t.Error("before the first start")
	}
}

// TestUnreachable: health checks pass at ports that the engine of a container does not forward.
func TestUnreachable(t *testing.T) {
	c := settings(t.TempDir())
	b := start(t, c, Options{})
	list, inside := unreachableIn(nil, b.listeners.Listeners())
	said := strings.Join(list, "\n")
	for _, key := range []string{"pop3.listen listens", "pop3.listen_tls listens", "smtp.listen listens", "smtp.listen_tls listens"} {
		if strings.Count(said, key) != 1 {
			t.Errorf("%q is not once in %q", key, said)
		}
	}
	if strings.Contains(said, "lmtp") || len(inside) > 0 {
		t.Errorf("%q, inside %q", said, inside)
	}
	if said, _ := unreachableIn(listen.Ports{110: 1110}, nil); len(said) != 1 || !strings.Contains(said[0], "1110 for 110") {
		t.Errorf("%q", said)
	}
	if said, inside := b.unreachable(); said != nil || inside != nil {
		t.Errorf("outside of a container: %q, inside %q", said, inside)
	}
}

// TestReachedByPOP3: where clients reach POP3, a listener for a program that shares the network of
// the container is no reason to start it again.
func TestReachedByPOP3(t *testing.T) {
	c := settings(t.TempDir())
	c.POP3.Listen, c.POP3.ListenTLS, c.SMTP.ListenTLS = []string{}, []string{":0"}, []string{}
	said, inside := unreachableIn(nil, start(t, c, Options{}).listeners.Listeners())
	if len(said) > 0 || len(inside) != 1 || !strings.Contains(inside[0], "smtp.listen listens") {
		t.Errorf("unreachable %q, inside %q", said, inside)
	}
	c = settings(t.TempDir())
	c.POP3.Listen, c.POP3.ListenTLS, c.SMTP.Listen, c.SMTP.ListenTLS = []string{"127.0.0.1:0"}, []string{}, []string{":0"}, []string{}
	said, inside = unreachableIn(nil, start(t, c, Options{}).listeners.Listeners())
	if len(said) != 1 || !strings.Contains(said[0], "pop3.listen listens") || len(inside) > 0 {
		t.Errorf("mail comes in, and nobody can fetch it: unreachable %q, inside %q", said, inside)
	}
}
