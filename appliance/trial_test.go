package appliance

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/session"
)

// A oneMessage is a session with a provider that has one message.
type oneMessage struct{ remote.Session }

const itsText = "Message-ID: <1@example.org>\r\nSubject: one\r\n\r\ntext\r\n"

func (oneMessage) Delay() time.Duration  { return 0 }
func (oneMessage) Mark() (string, error) { return "", nil }
func (oneMessage) List(each func(session.Message) error) error {
	return each(session.Message{Ref: 1, ID: "pop3 1", Octets: int64(len(itsText))})
}
func (oneMessage) Header(uint64, io.Writer) error { return nil }
func (oneMessage) Fetch(_ uint64, _ int64, to io.Writer) error {
	_, err := io.WriteString(to, itsText)
	return err
}
func (oneMessage) Close() error { return nil }
func (oneMessage) Wait() error  { return nil }

// TestTrial: as long as an update of the card is on trial nothing is fetched, and the spool stays
// one of version 1, which an older program reads.
func TestTrial(t *testing.T) {
	state, root := t.TempDir(), t.TempDir()
	family(t, state, "anna", "otto")
	mark := filepath.Join(root, markOfTrial)
	if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b := start(t, settings(state), Options{Root: root})
	b.remote.Open = func(context.Context, *remote.Account, ...uint64) (remote.Session, error) { return oneMessage{}, nil }
	account := &remote.Account{Name: "a", Mailbox: b.rules.Load().table.Accounts()[0].Mailbox, Remote: config.Remote{
		Owner: "anna", User: "anna", Fetch: config.FetchPOP3, Incoming: "pop.example.org:995", Since: config.Unbounded, After: config.Unbounded, Largest: 1 << 20, Every: config.Duration(time.Hour),
	}}
	version := func() string {
		text, err := os.ReadFile(filepath.Join(state, "spool", "FORMAT"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(text), "\n")[1]
	}
	_, err := b.remote.Collect(t.Context(), account, false)
	if e := session.As(err); e == nil || e.Kind != session.Busy || !strings.Contains(e.Text, "on trial") || version() != "version 1" {
		t.Errorf("on trial: %v, %s", err, version())
	}
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	if r, err := b.remote.Collect(t.Context(), account, false); err != nil || r.New != 1 || version() != "version 2" {
		t.Errorf("after the trial: %+v, %v, %s", r, err, version())
	}
}
