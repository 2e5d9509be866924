package appliance

import (
	"strings"
	"testing"

	"pillarbox/appliance/remote/session"
)

// TestRemoteAccountAsks: the owner of a remote account whose login is refused finds one message in
// the mailbox, also after a restart.
func TestRemoteAccountAsks(t *testing.T) {
	p, state := startProvider(t), t.TempDir()
	family(t, state, "anna", "otto")
	c, opts := withRemote(t, state, p)
	for range 2 {
		b := start(t, c, opts)
		account := *(*b.remote.accounts.Load())[0] // the server reads its own
		account.Reason, account.Fetch, account.Incoming = "", "imap", "127.0.0.1:1"
		for range 3 {
			b.remote.Notices.After(t.Context(), &account, true, 0, session.Errorf(session.Auth, "no"))
		}
		client := b.login("pop3.listen", "anna")
		if got := client.say("STAT"); !strings.HasPrefix(got, "+OK 1 ") {
			t.Fatalf("STAT was answered %q", got)
		}
		client.must("RETR 1")
		text, err := client.ReadDotBytes()
		if want := "pillarbox remote login " + account.Name; err != nil || !strings.Contains(string(text), want) || !strings.Contains(string(text), "To: anna@") {
			t.Errorf("%s, %v; want %q in it", text, err, want)
		}
		client.must("QUIT")
		if err := b.stop(); err != nil {
			t.Fatal(err)
		}
	}
}
