package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/cmd/pillarbench/suite"
)

// suitePassword is that of anna.
const suitePassword = "a secret of hers"

// newSuiteServer starts a server in this process, with anna in it, and returns where it is.
func newSuiteServer(t *testing.T) *suite.Server {
	t.Helper()
	c := config.Default()
	c.Hostname, c.State = "mail.home.arpa", t.TempDir()
	free := []string{"127.0.0.1:0"}
	c.POP3.Listen, c.POP3.ListenTLS = free, free
	c.SMTP.Listen, c.SMTP.ListenTLS, c.SMTP.ListenLMTP = free, free, free
	c.Spool.Slot, c.Spool.Capacity = 1<<20, 32<<20
	c.SMTP.MaxMessage = 4 << 20
	c.Spool.Volatile = true
	_, err := accounts.Edit(filepath.Join(c.State, "accounts"), func(table *accounts.Table) (*accounts.Table, error) {
		return table.Add("anna", suitePassword)
	})
	if err != nil {
		t.Fatal(err)
	}
	box, err := appliance.New(t.Context(), c, appliance.Options{Built: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- box.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return &suite.Server{
		Ports: map[string]string{
			"pop3": box.Addr("pop3.listen"), "pop3s": box.Addr("pop3.listen_tls"),
			"smtp": box.Addr("smtp.listen"), "smtps": box.Addr("smtp.listen_tls"), "lmtp": box.Addr("smtp.listen_lmtp"),
		},
		User: "anna", Password: suitePassword, Address: "anna@home.arpa",
	}
}

// lacking are the cases that may be absent: what takes minutes.
var lacking = []string{"pop3/d11-idle", "pop3/d11-idle-70s"}

// TestSuite: the server passes every case.
func TestSuite(t *testing.T) {
	server := newSuiteServer(t)
	for _, c := range suite.Cases() {
		name := c.Protocol + "/" + c.Name
		t.Run(name, func(t *testing.T) {
			verdict, what := server.Play(c)
			if verdict != suite.Passed && (verdict != suite.Absent || !slices.Contains(lacking, name)) {
				t.Errorf("%s: %s (%s: %s)", verdict, what, c.Section, c.Why)
			}
		})
	}
}

// TestSuiteCommand: a server that is not there fails; its cases are a table, and the counts are
// noted under its name.
func TestSuiteCommand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes")
	var out strings.Builder
	err := runSuite([]string{"-pop3", "127.0.0.1:1", "-deliver", "cat", "-note", path, "-name", "other", "pop3/pass-first"}, &out)
	if err == nil || !strings.HasPrefix(out.String(), "FAIL  pop3/pass-first  RFC 1939 §7  ") || !strings.Contains(out.String(), "0 passed, 1 failed, 0 absent") {
		t.Errorf("%v, %q", err, out.String())
	}
	const want = "suite cases\tother\tpass\t0\nsuite cases\tother\tfail\t1\nsuite cases\tother\tabsent\t0\n"
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("noted %q, %v, want %q", text, err, want)
	}
	if err := runSuite([]string{"-smtp", "127.0.0.1:1"}, io.Discard); err != errUsage {
		t.Errorf("without -pop3: %v", err)
	}
}
