package grant

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/remote/session"
)

// A provider grants tokens, and keeps its own truth.
type provider struct {
	mu      sync.Mutex
	rotates bool
	valid   map[string]bool // refresh tokens
	n       int             // of the last token
	fails   []any           // oauth.Reply or error, in the place of the next answers
	asked   []string        // the refresh tokens that came
	more    map[string]string
}

func (p *provider) send(_ context.Context, q oauth.Request) (oauth.Reply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, rest, _ := strings.Cut(q.Form, "&refresh_token=")
	token, _, _ := strings.Cut(rest, "&")
	p.asked = append(p.asked, token)
	if len(p.fails) > 0 {
		next := p.fails[0]
		p.fails = p.fails[1:]
		if err, ok := next.(error); ok {
			return oauth.Reply{}, err
		}
		return next.(oauth.Reply), nil
	}
	if !p.valid[token] {
		p.valid = nil // reuse: the whole grant is revoked
		return oauth.Reply{Status: 400, Fields: map[string]string{"error": "invalid_grant"}}, nil
	}
	p.n++
	fields := map[string]string{"access_token": "at" + string(rune('0'+p.n)), "expires_in": "3600"}
	if p.more != nil {
		for k, v := range p.more {
			fields[k] = v
		}
	}
	if p.rotates {
		delete(p.valid, token)
	}
	fields["refresh_token"] = "rt" + string(rune('0'+p.n))
	p.valid[fields["refresh_token"]] = true
	return oauth.Reply{Status: 200, Fields: fields}, nil
}

// A scene is a keeper with its files and messages.
type scene struct {
	*Keeper
	p    *provider
	told []Notice
	deaf bool // messages cannot be stored
}

func newScene(t *testing.T, g secret.Grant) *scene {
	t.Helper()
	s := &scene{p: &provider{rotates: true, valid: map[string]bool{"rt0": true}}}
	g.Refresh, g.Client, g.TokenURL, g.Login = "rt0", "id", "https://a.example/token", "L1"
	state := t.TempDir()
	if err := secret.Save(state, "anna", &secret.Secret{Incoming: "i:993", Grant: &g, Settings: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	s.start(state)
	return s
}

// start is a start of the server.
func (s *scene) start(state string) {
	s.Keeper = &Keeper{State: state, Send: s.p.send, Log: zap.NewNop(),
		Clock: func() (time.Time, bool) { return time.Now(), true },
		Tell: func(_ context.Context, n Notice) error {
			if s.deaf {
				return errors.New("the mailbox is full")
			}
			s.told = append(s.told, n)
			return nil
		}}
}

func (s *scene) file(t *testing.T) *secret.Grant {
	t.Helper()
	kept, err := secret.Load(s.State, "anna")
	if err != nil || kept.Incoming != "i:993" || len(kept.Settings) != 1 {
		t.Fatalf("%+v, %v", kept, err)
	}
	return kept.Grant
}

func (s *scene) want(t *testing.T, token string, kind session.Kind) {
	t.Helper()
	got, _, err := s.Token(context.Background(), "anna", Fetch)
	if e := session.As(err); got != token || (e != nil) != (kind != 0) || e != nil && e.Kind != kind {
		t.Errorf("%q, %+v; want %q, kind %d", got, e, token, kind)
	}
}

// TestRotation: a new refresh token is on flash before its access token is given out.
func TestRotation(t *testing.T) {
	s := newScene(t, secret.Grant{})
	s.want(t, "at1", 0)
	if got := s.file(t).Refresh; got != "rt1" {
		t.Errorf("the file has %s", got)
	}
	s.want(t, "at1", 0) // from memory
	if len(s.p.asked) != 1 {
		t.Errorf("asked for %q", s.p.asked)
	}
	s.Forget("anna", "at1")
	s.want(t, "at2", 0)
	s.start(s.State)
	s.want(t, "at3", 0)
	if got := strings.Join(s.p.asked, " "); got != "rt0 rt1 rt2" || len(s.told) > 0 {
		t.Errorf("asked for %s, told %v", got, s.told)
	}
}

// TestUnsaved: without the write the access token is not used, and nothing is asked before it.
func TestUnsaved(t *testing.T) {
	s := newScene(t, secret.Grant{})
	full := true
	s.change = func(state, name string, change func(*secret.Secret) error) error {
		if full {
			return errors.New("no space left on device")
		}
		return secret.Change(state, name, change)
	}
	s.want(t, "", session.Busy)
	s.want(t, "", session.Busy)
	if got := s.file(t).Refresh; got != "rt0" {
		t.Errorf("the file has %s", got)
	}
	full = false
	s.want(t, "at1", 0)
	if got := s.file(t).Refresh; got != "rt1" || len(s.p.asked) != 1 {
		t.Errorf("the file has %s; asked for %q", got, s.p.asked)
	}
}

// TestCut: the power is cut between the answer and the write. The old token is tried once; where
// the provider refuses it, the owner is told once, also over further starts.
func TestCut(t *testing.T) {
	for _, forgiving := range []bool{true, false} {
		s := newScene(t, secret.Grant{})
		s.p.rotates = !forgiving
		s.change = func(string, string, func(*secret.Secret) error) error { return errors.New("cut") }
		s.want(t, "", session.Busy)
		s.start(s.State)
		if forgiving {
			s.want(t, "at2", 0)
			continue
		}
		s.want(t, "", session.Ended)
		s.want(t, "", session.Ended)
		s.start(s.State)
		s.want(t, "", session.Ended)
		if got := strings.Join(s.p.asked, " "); got != "rt0 rt0" {
			t.Errorf("asked for %s", got)
		}
		if len(s.told) != 1 || s.told[0].Account != "anna" || !strings.Contains(s.told[0].Ended, "invalid_grant") {
			t.Errorf("told %v", s.told)
		}
	}
}

// TestTold: a message that could not be stored is stored later, and a new login ends it all.
func TestTold(t *testing.T) {
	s := newScene(t, secret.Grant{})
	s.p.valid, s.deaf = nil, true
	s.want(t, "", session.Ended)
	s.start(s.State)
	s.deaf = false
	s.want(t, "", session.Ended)
	s.want(t, "", session.Ended)
	if len(s.told) != 1 || len(s.p.asked) != 1 {
		t.Errorf("told %v, asked %v", s.told, s.p.asked)
	}
	kept, _ := secret.Load(s.State, "anna")
	kept.Grant = &secret.Grant{Refresh: "rt7", TokenURL: kept.Grant.TokenURL, Login: "L2"}
	if err := secret.Save(s.State, "anna", kept); err != nil {
		t.Fatal(err)
	}
	s.p.valid = map[string]bool{"rt7": true}
	s.want(t, "at1", 0)
}

// TestOtherErrors: nothing but invalid_grant ends a login, and nothing is written.
func TestOtherErrors(t *testing.T) {
	s := newScene(t, secret.Grant{})
	path := filepath.Join(s.State, secret.Folder, "anna")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	s.p.fails = []any{
		session.Errorf(session.Network, "broken"), oauth.Reply{Status: 503}, oauth.Reply{Status: 429}, oauth.Reply{Status: 200},
		oauth.Reply{Status: 400, Fields: map[string]string{"error": "slow_down"}},
		oauth.Reply{Status: 401, Fields: map[string]string{"error": "invalid_client"}},
		session.Errorf(session.Certificate, "portal"),
	}
	for _, kind := range []session.Kind{session.Network, session.Busy, session.Busy, session.Protocol, session.Protocol, session.Protocol, session.Certificate} {
		s.want(t, "", kind)
	}
	if got := secret.Written(s.State, "anna"); !got.Equal(past) || len(s.told) > 0 {
		t.Errorf("written at %v, told %v", got, s.told)
	}
	s.want(t, "at1", 0)
}

// TestStays: where old refresh tokens stay valid, the file is written once a day.
func TestStays(t *testing.T) {
	s := newScene(t, secret.Grant{Stays: true})
	s.p.rotates = false
	s.want(t, "at1", 0)
	if got := s.file(t).Refresh; got != "rt0" {
		t.Errorf("written after a minute: %s", got)
	}
	past := time.Now().Add(-rewrite - time.Minute)
	if err := os.Chtimes(filepath.Join(s.State, secret.Folder, "anna"), past, past); err != nil {
		t.Fatal(err)
	}
	s.Forget("anna", "at1")
	s.want(t, "at2", 0)
	if got := s.file(t).Refresh; got != "rt2" {
		t.Errorf("not written after a day: %s", got)
	}
	if got := strings.Join(s.p.asked, " "); got != "rt0 rt1" {
		t.Errorf("asked for %s", got)
	}
}

// TestAnotherLogin: a login that was made while a request was under way stays.
func TestAnotherLogin(t *testing.T) {
	s := newScene(t, secret.Grant{})
	send := s.p.send
	s.Send = func(ctx context.Context, q oauth.Request) (oauth.Reply, error) {
		kept, _ := secret.Load(s.State, "anna")
		kept.Grant.Refresh, kept.Grant.Login = "rt9", "L2"
		if err := secret.Save(s.State, "anna", kept); err != nil {
			t.Error(err)
		}
		return send(ctx, q)
	}
	s.want(t, "", session.Busy)
	if got := s.file(t); got.Refresh != "rt9" || got.Login != "L2" {
		t.Errorf("%+v", got)
	}
	s.p.valid["rt9"] = true
	s.Send = send
	s.want(t, "at2", 0)
}

// TestOneAtATime: two sessions of an account share one request, and one scope does not stand for
// another.
func TestOneAtATime(t *testing.T) {
	s := newScene(t, secret.Grant{Fetch: "imap", Send: "smtp"})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { s.want(t, "at1", 0) })
	}
	group.Wait()
	if got, fresh, err := s.Token(t.Context(), "anna", Send); got != "at2" || !fresh || err != nil {
		t.Errorf("%s, %v, %v", got, fresh, err)
	}
	if len(s.p.asked) != 2 {
		t.Errorf("asked for %q", s.p.asked)
	}
}

// TestExpiry: an access token is used until a minute before its end.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, secret.Grant{})
		s.want(t, "at1", 0)
		time.Sleep(58 * time.Minute)
		s.want(t, "at1", 0)
		time.Sleep(2 * time.Minute)
		s.want(t, "at2", 0)
		s.p.more = map[string]string{"expires_in": "40"}
		time.Sleep(time.Hour)
		s.want(t, "at3", 0)
		time.Sleep(19 * time.Second)
		s.want(t, "at3", 0)
		time.Sleep(2 * time.Second)
		s.want(t, "at4", 0)
	})
}

// TestWarned: the owner is told once, a week before a known end, and not by a clock that is not
// believed.
func TestWarned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, secret.Grant{Ends: time.Now().Add(30 * 24 * time.Hour)})
		s.p.rotates, s.Clock = false, func() (time.Time, bool) { return time.Now(), false }
		delete(s.p.valid, "rt1")
		time.Sleep(24 * 24 * time.Hour)
		s.want(t, "at1", 0)
		if len(s.told) > 0 {
			t.Fatalf("told %v by a clock that is not believed", s.told)
		}
		s.start(s.State)
		s.want(t, "at2", 0)
		if len(s.told) != 1 || s.told[0].Ends.IsZero() {
			t.Fatalf("told %v", s.told)
		}
		s.start(s.State)
		s.want(t, "at3", 0)
		if len(s.told) != 1 {
			t.Errorf("told %v", s.told)
		}
		subject, lines := s.told[0].Text("anna@example.org")
		if text := strings.Join(append(lines, subject), "\n"); !strings.Contains(text, "ends soon") || !strings.Contains(text, "pillarbox remote login anna") {
			t.Error(text)
		}
		// A grant of a week is warned of on its last day.
		short := newScene(t, secret.Grant{Short: true, Ends: time.Now().Add(7 * 24 * time.Hour)})
		short.want(t, "at1", 0)
		if len(short.told) > 0 {
			t.Errorf("told at the beginning: %v", short.told)
		}
	})
}

// TestNoGrant: an account with a password has no token.
func TestNoGrant(t *testing.T) {
	s := newScene(t, secret.Grant{})
	if err := secret.Save(s.State, "otto", &secret.Secret{Password: "p"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Token(t.Context(), "otto", Fetch); session.As(err).Kind != session.Ended {
		t.Error(err)
	}
	if _, _, err := s.Token(t.Context(), "nobody", Fetch); session.As(err).Kind != session.Protocol {
		t.Error(err)
	}
}

// TestReadOnly: no refresh token is used up while another one could not be written.
func TestReadOnly(t *testing.T) {
	s := newScene(t, secret.Grant{})
	kept, err := secret.Load(s.State, "anna")
	if err != nil {
		t.Fatal(err)
	}
	gone := &held{login: kept.Grant.Login, refresh: "rt0"}
	s.State = filepath.Join(s.State, "away") // root may write everywhere, but not where nothing is
	if err := s.refresh(t.Context(), "anna", gone, kept.Grant, Fetch); session.As(err).Kind != session.Busy || len(s.p.asked) > 0 {
		t.Errorf("%v, asked for %q", err, s.p.asked)
	}
}
