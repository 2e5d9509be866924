package fetcher

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pillarbox/cmd/pillarbench/provider"
	"pillarbox/cmd/pillarbench/server"
)

// TestCountFrom: only messages that are large enough count, and a line that is none is an error.
func TestCountFrom(t *testing.T) {
	const listing = "1 120\r\n2 25000000\r\n3 500000\r\n"
	for least, want := range map[int]int{0: 3, 120: 3, 121: 2, 25_000_000: 1, 25_000_001: 0} {
		if got, err := countFrom([]byte(listing), least); err != nil || got != want {
			t.Errorf("of %d octets at least: %d, %v, want %d", least, got, err, want)
		}
	}
	if _, err := countFrom([]byte("1 120\r\n-ERR no\r\n"), 0); err == nil {
		t.Error("a line that is no message is no error")
	}
}

// TestFingerprint: the pin is that of the certificate, not of the file.
func TestFingerprint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cert.pem")
	const text = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
	if err := os.WriteFile(path, []byte("a comment\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, B.1
	if pin, err := fingerprint(path); err != nil || pin != abc {
		t.Errorf("got %s, %v, want %s", pin, err, abc)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "CERTIFICATE", "PRIVATE KEY")), 0o600); err != nil {
		t.Fatal(err)
	}
	if pin, err := fingerprint(path); err == nil {
		t.Errorf("a key has the pin %s", pin)
	}
}

// TestNew: a name that no fetcher has is an error that names them, and one that is not installed is
// left out.
func TestNew(t *testing.T) {
	if _, err := New(Options{Name: "mpop"}); err == nil || !strings.Contains(err.Error(), "getmail") {
		t.Errorf("mpop: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := New(Options{Name: "fetchmail-lda"}); !errors.Is(err, server.ErrMissing) {
		t.Errorf("fetchmail without fetchmail: %v", err)
	}
}

// TestConfigurations: the programs read their configurations, if they are installed, and the mail
// stays at the provider.
func TestConfigurations(t *testing.T) {
	to := target{trusted: "/x/cert.pem", lmtp: "127.0.0.1:24"}
	for _, protocol := range []string{provider.POP3, provider.IMAP} {
		a := provider.Account{Protocol: protocol, Address: "127.0.0.1:4995", User: "anna"}
		text := fetchmailConfig(to, a)
		if !strings.Contains(text, " keep ") || strings.Contains(text, " uidl") != (protocol == provider.POP3) {
			t.Errorf("fetchmail, %s:\n%s", protocol, text)
		}
		home := t.TempDir()
		rc := filepath.Join(home, "rc")
		if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if path, err := exec.LookPath("fetchmail"); err == nil {
			c := exec.Command(path, "--version", "--fetchmailrc", rc)
			c.Env = append(os.Environ(), "HOME="+home)
			if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "4995") {
				t.Errorf("fetchmail, %s: %v\n%s", protocol, err, out)
			}
		}
		if text := getmailConfig(to, a); !strings.Contains(text, "\ndelete = false\n") || !strings.Contains(text, "\nport = 4995\n") ||
			strings.Contains(text, "IMAP") != (protocol == provider.IMAP) {
			t.Errorf("getmail, %s:\n%s", protocol, text)
		}
	}
}
