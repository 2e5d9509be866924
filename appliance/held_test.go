package appliance

import (
	"os"
	"path/filepath"
	"testing"

	"pillarbox/appliance/outbound"
	"pillarbox/appliance/statedir"
)

// TestQueueAfterUpgrade: mail was sent before the first message was fetched, which makes FORMAT
// another file. That is no copy of the state directory: after the next start mail is sent.
func TestQueueAfterUpgrade(t *testing.T) {
	p, state := startProvider(t), t.TempDir()
	family(t, state, "anna")
	c, opts := withRemote(t, state, p)
	b := start(t, c, opts)
	submit := func() {
		t.Helper()
		client := b.dial("smtp.listen_tls")
		client.must("EHLO x", auth("anna"), "MAIL FROM:<anna@example.org>", "RCPT TO:<bob@example.net>", "DATA")
		client.content("From: anna@example.org\r\n\r\ntext\r\n")
		client.must(".", "QUIT")
		awaitOne(t, p.arrived)
	}
	submit()
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	format := filepath.Join(state, statedir.SpoolFolder, "FORMAT")
	text, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	// As the upgrade to version 2 writes it.
	if err := os.WriteFile(format+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(format+".new", format); err != nil {
		t.Fatal(err)
	}
	b = start(t, c, opts)
	if list, err := b.remote.sending.List(); err != nil || len(list) > 0 && list[0].Held {
		t.Fatalf("list %+v, %v", list, err)
	}
	submit()
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}

	// A queue file that another file was copied over is that of a copy.
	queue := filepath.Join(state, statedir.QueueFile)
	if text, err = os.ReadFile(queue); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(queue+".copy", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(queue+".copy", queue); err != nil {
		t.Fatal(err)
	}
	h, err := outbound.OpenHold(queue, statedir.Identity, true)
	if err != nil || !h.All() {
		t.Errorf("a copy of the file is not held: %v", err)
	}
}
