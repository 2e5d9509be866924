package appliance

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/storage"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

// frozenState makes a state directory with a message in it, on a file system that is read-only from
// then on.
func frozenState(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root mounts")
	}
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	b.deliver("smtp.listen", letter("kept\r\n"), "anna")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	at := t.TempDir()
	if err := syscall.Mount(state, at, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("this machine does not let a test mount: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(at, syscall.MNT_DETACH) })
	if err := syscall.Mount("", at, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("this machine does not let a test mount: %v", err)
	}
	return at
}

// servesReadOnly checks that a server in read-only mode gives mail out, takes none, deletes none,
// and says why.
func servesReadOnly(t *testing.T, b *box) {
	t.Helper()
	p := b.login("pop3.listen", "anna")
	if !strings.Contains(p.retrieve(1), "kept") {
		t.Error("the message is not what it was")
	}
	p.must("DELE 1")
	if got := p.say("QUIT"); !strings.HasPrefix(got, "-ERR") {
		t.Errorf("a delete was answered %q", got)
	}
	s := b.dial("smtp.listen")
	s.must("EHLO x")
	got := s.say("MAIL FROM:<root>")
	for _, line := range []string{"RCPT TO:<anna>", "DATA"} {
		if strings.HasPrefix(got, "2") {
			got = s.say("%s", line)
		}
	}
	if !strings.HasPrefix(got, "4") {
		t.Errorf("new mail was answered %q", got)
	}
	if st := b.spool.Stats(); !st.ReadOnly || st.Messages != 1 {
		t.Errorf("%+v", st)
	}
	if said := strings.Join(b.degraded(), "; "); !strings.Contains(said, "read-only") {
		t.Errorf("its health says %q", said)
	}
}

// TestReadOnlyFileSystem: a card that takes no more writes still gives its mail out, to clients and
// to commands.
func TestReadOnlyFileSystem(t *testing.T) {
	state := frozenState(t)
	c := settings(state)
	c.Retention.BinDays = 30
	c.Hostname = "other.home.arpa" // no certificate can be made for it
	b := start(t, c, Options{})
	b.await("ready", 1)
	servesReadOnly(t, b)
	if logs := b.log.FilterMessageSnippet("the spool is read-only"); logs.Len() != 1 {
		t.Errorf("the log says it %d times", logs.Len())
	}
	client, err := admin.Ask(t.Context(), c, false) // beside the server, which has no socket
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if st, err := client.Stat(); err != nil || st.Messages != 1 || st.ReadOnly != 1 {
		t.Errorf("stat: %+v, %v", st, err)
	}
	if r, err := client.Verify(func(int64, int64) {}); err != nil || r.Messages != 1 || len(r.Damaged) != 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	to := &taking{}
	if err := client.Export("anna", "", to); err != nil || !strings.Contains(to.text, "kept") {
		t.Errorf("export: %q, %v", to.text, err)
	}
	if _, err := New(t.Context(), settings(filepath.Join(state, "none")), Options{}); !errors.Is(err, syscall.EROFS) {
		t.Errorf("a first start: %v", err)
	}
}

// TestReadOnlyVolume is the same without a mount: a volume that refuses every write, as package
// flash opens one on a read-only file system.
func TestReadOnlyVolume(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	b.deliver("smtp.listen", letter("kept\r\n"), "anna")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	b = start(t, settings(state), Options{opening: storage.Opening{Options: flash.Options{ReadOnly: true}}})
	b.await("ready", 1)
	servesReadOnly(t, b)
	if _, err := b.spool.Begin(t.Context(), spool.Envelope{}, []spool.Recipient{{Mailbox: 1}}); !errors.Is(err, spool.ErrReadOnly) {
		t.Errorf("a delivery: %v", err)
	}
}

// taking is a transfer.Taker that keeps the last message.
type taking struct{ text string }

func (*taking) Wants(string, int64) bool { return true }
func (*taking) Damaged(string)           {}

func (k *taking) Take(_ string, _ transfer.Origin, content io.Reader) error {
	text, err := io.ReadAll(content)
	k.text = string(text)
	return err
}
