package secret

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var full = &Secret{
	Incoming: "imap.example.org:993", Outgoing: "smtp.example.org:465", Pin: "ab", Password: "p \"w\n\x00ö",
	Settings: []string{`provider = "gmail"`, `owner = "anna"`},
}

// TestFile: what is saved is loaded, by its owner only, and removed.
func TestFile(t *testing.T) {
	state := t.TempDir()
	if _, err := Load(state, "anna"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none yet: %v", err)
	}
	if names, err := Names(state); len(names) > 0 || err != nil {
		t.Errorf("none yet: %q, %v", names, err)
	}
	if err := Save(state, "anna", full); err != nil {
		t.Fatal(err)
	}
	got, err := Load(state, "anna")
	if err != nil || !reflect.DeepEqual(got, full) {
		t.Errorf("%+v, %v", got, err)
	}
	for path, want := range map[string]fs.FileMode{Folder: 0o700 | fs.ModeDir, filepath.Join(Folder, "anna"): 0o600} {
		if info, err := os.Lstat(filepath.Join(state, path)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	if names, err := Names(state); len(names) != 1 || names[0] != "anna" || err != nil {
		t.Errorf("%q, %v", names, err)
	}
	if err := Remove(state, "anna"); err != nil {
		t.Error(err)
	}
	if err := Remove(state, "anna"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("again: %v", err)
	}
}

// TestGeneration: the same secret that is saved again is another generation.
func TestGeneration(t *testing.T) {
	state := t.TempDir()
	none := Generation(state, "anna")
	if err := Save(state, "anna", full); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(state, Folder, "anna"), past, past); err != nil {
		t.Fatal(err)
	}
	first := Generation(state, "anna")
	if again := Generation(state, "anna"); first == none || again != first {
		t.Errorf("none is %q, then %q and %q", none, first, again)
	}
	if err := Save(state, "anna", full); err != nil {
		t.Fatal(err)
	}
	if again := Generation(state, "anna"); again == first {
		t.Errorf("saved again, it is %q still", again)
	}
}

// TestNames: no name leads to another file of the state directory.
func TestNames(t *testing.T) {
	state := t.TempDir()
	if err := Save(state, "anna", full); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(state, "accounts")
	left := filepath.Join(state, Folder, "anna.new")
	for _, path := range []string{other, left} {
		if err := os.WriteFile(path, []byte(full.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"../accounts", "..", ".", "", "/etc/passwd", "anna.new", ".a", "-a", "a\x00", strings.Repeat("a", 65)} {
		_, loaded := Load(state, name)
		saved, removed := Save(state, name, full), Remove(state, name)
		if !errors.Is(loaded, ErrName) || !errors.Is(saved, ErrName) || !errors.Is(removed, ErrName) {
			t.Errorf("%q: %v, %v, %v", name, loaded, saved, removed)
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
	if err := Remove(state, "anna"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a secret is left behind: %v", err)
	}
}

// TestFits: a secret is for its servers and its pin only.
func TestFits(t *testing.T) {
	if !full.Fits("imap.example.org:993", "smtp.example.org:465", "ab") {
		t.Error("it does not fit its own")
	}
	if full.Fits("imap.example.com:993", "smtp.example.org:465", "ab") || full.Fits("imap.example.org:993", "smtp.example.com:465", "ab") || full.Fits("imap.example.org:993", "smtp.example.org:465", "") {
		t.Error("it fits others")
	}
}

// TestLinks: a link in the place of a file is not followed, and the error holds no secret.
func TestLinks(t *testing.T) {
	state := t.TempDir()
	if err := Save(state, "anna", full); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("anna", filepath.Join(state, Folder, "otto")); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(state, "otto"); err == nil {
		t.Errorf("a link was followed: %+v", s)
	}
	bad := strings.Replace(full.String(), "secret ", "secrets ", 1)
	if err := os.WriteFile(filepath.Join(state, Folder, "anna"), []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(state, "anna"); err == nil || strings.Contains(err.Error(), "p \\\"w") || !strings.Contains(err.Error(), "remote login") {
		t.Errorf("a damaged file: %v", err)
	}
}

// FuzzParse: a text is no file, or says the same again.
func FuzzParse(f *testing.F) {
	f.Add(full.String())
	f.Add(consent.String())
	f.Add("pillarbox remote 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.String())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%q became %+v, then %+v, %v", text, s, again, err)
		}
	})
}

var consent = &Secret{
	Incoming: "outlook.office365.com:993", Outgoing: "smtp-mail.outlook.com:587",
	Grant: &Grant{
		Refresh: "0.A\"rt", Client: "id", Secret: "cs", TokenURL: "https://login.example/token", Pin: "ab", Fetch: "imap offline_access", Send: "smtp",
		Login: "L1", Ended: "withdrawn", Ends: time.Unix(1800000000, 0), Header: true, Stays: true, Short: true, Told: true, Warned: true,
	},
}

// TestGrant: a consent is kept as it is, and its rotation is not another login.
func TestGrant(t *testing.T) {
	state := t.TempDir()
	if err := Save(state, "anna", consent); err != nil {
		t.Fatal(err)
	}
	got, err := Load(state, "anna")
	if err != nil || !reflect.DeepEqual(got, consent) {
		t.Errorf("%+v, %v", got, err)
	}
	first := Generation(state, "anna")
	got.Grant.Refresh, got.Grant.Warned = "rotated", false
	if err := Save(state, "anna", got); err != nil {
		t.Fatal(err)
	}
	if again := Generation(state, "anna"); again != first {
		t.Errorf("a rotated token is another login: %q, %q", first, again)
	}
	got.Grant.Login = "L2"
	if err := Save(state, "anna", got); err != nil {
		t.Fatal(err)
	}
	if again := Generation(state, "anna"); again == first {
		t.Error("another login is none")
	}
	for _, text := range []string{
		strings.Replace(consent.String(), "client_id", "client_idea", 1),
		strings.Replace(consent.String(), "client_id \"id\"\n", "", 1),
		strings.Replace(consent.String(), "client_id \"id\"\n", "client_id \"id\"\nclient_id \"id\"\n", 1),
		strings.Replace(consent.String(), "1800000000", "x", 1),
		strings.Replace(consent.String(), consent.Grant.TokenURL, "", 1),
	} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
