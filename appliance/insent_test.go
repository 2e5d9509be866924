package appliance

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/remote/session"
)

// A sentFolder is a session with a provider that has sent one message.
type sentFolder struct {
	remote.Session
	ended int
}

func (s *sentFolder) Find(id string) (bool, error) {
	if id == "<broken@example.org>" {
		return false, session.Errorf(session.Network, "the line broke")
	}
	return id == "<1@example.org>", nil
}

func (s *sentFolder) Close() error { return nil }
func (s *sentFolder) Wait() error  { s.ended++; return nil }

// TestInSent: a message in doubt is looked up in the folder of sent mail, where IMAP is set up and
// the provider itself puts messages there.
func TestInSent(t *testing.T) {
	folder := &sentFolder{}
	var account *remote.Account
	m := &collecting{Collector: &remote.Collector{Open: func(_ context.Context, a *remote.Account, _ ...uint64) (remote.Session, error) {
		if !slices.Equal(a.Folders, []string{"Sent"}) {
			t.Errorf("opened with the folders %q", a.Folders)
		}
		return folder, nil
	}}}
	var e *session.Error
	for _, tt := range []struct {
		name, id string
		change   func()
		found    bool
		failed   func(error) bool
	}{
		{"it is there", "<1@example.org>", func() {}, true, nil},
		{"it is not", "<2@example.org>", func() {}, false, nil},
		{"the line breaks", "<broken@example.org>", func() {}, false, func(err error) bool { return errors.As(err, &e) }},
		{"POP3", "<1@example.org>", func() { account.Fetch = config.FetchPOP3 }, false, func(err error) bool { return errors.Is(err, errNoSent) }},
		{"it has no password", "<1@example.org>", func() { account.Reason = "none" }, false, func(err error) bool { return errors.Is(err, errNoSent) }},
		{"a provider that keeps nothing", "<1@example.org>", func() { account.Provider = "gmx" }, false, func(err error) bool { return errors.Is(err, errNoSent) }},
		{"an unknown provider", "<1@example.org>", func() { account.Provider = "" }, false, func(err error) bool { return errors.Is(err, errNoSent) }},
		{"an account that is gone", "<1@example.org>", func() { account.Name = "b" }, false, func(err error) bool { return err != nil }},
	} {
		account = &remote.Account{Name: "a", Remote: config.Remote{Provider: "gmail", Fetch: config.FetchIMAP, Folders: []string{"INBOX"}}}
		m.accounts.Store(&[]*remote.Account{account})
		tt.change()
		found, err := m.inSent(t.Context(), "a", tt.id)
		if found != tt.found || (err != nil) != (tt.failed != nil) || err != nil && !tt.failed(err) {
			t.Errorf("%s: %v, %v", tt.name, found, err)
		}
	}
	if folder.ended != 3 {
		t.Errorf("%d sessions have ended, want 3", folder.ended)
	}
}
