package smtpd_test

import (
	"crypto/tls"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
)

var update = flag.Bool("update", false, "write what is kept into the .kept files")

// The transcripts in testdata are played against a server that is set up as their folder says. A
// file of the same name that ends in .kept shows the mailboxes afterwards; without one they are
// empty.
var setups = map[string]func(t *testing.T, s *smtpd.Server, h *backend){
	"plain": func(*testing.T, *smtpd.Server, *backend) {},
	"tls":   func(t *testing.T, s *smtpd.Server, _ *backend) { s.TLS = oneSuite(t) },
	"tls-only": func(t *testing.T, s *smtpd.Server, _ *backend) {
		s.TLS, s.PlaintextAuth = pop3test.TLS(t, ""), nil
	},
	"implicit-tls": func(t *testing.T, s *smtpd.Server, _ *backend) { s.TLS = oneSuite(t) },
	"no-accounts":  func(_ *testing.T, s *smtpd.Server, _ *backend) { s.Auth = nil },
	"lmtp":         func(_ *testing.T, s *smtpd.Server, _ *backend) { s.LMTP = true },
	"tight": func(_ *testing.T, s *smtpd.Server, _ *backend) {
		s.MaxMessage = 200
		s.Limits = smtpd.Limits{Recipients: 2, Logins: 2, Mistakes: 3, Commands: 12}
	},
	"login-first": func(_ *testing.T, s *smtpd.Server, _ *backend) { s.RequireAuth = true },
	"login-first-tls": func(t *testing.T, s *smtpd.Server, _ *backend) {
		s.RequireAuth, s.TLS, s.PlaintextAuth = true, pop3test.TLS(t, ""), nil
	},
	"own-addresses": func(_ *testing.T, s *smtpd.Server, _ *backend) {
		s.Owns = func(user string, from smtpd.Path) bool { return from == smtpd.Path{Local: user, Domain: "home.arpa"} }
	},
	"relay":        func(_ *testing.T, s *smtpd.Server, _ *backend) { s.Relay = relay{} },
	"no-room":      func(_ *testing.T, _ *smtpd.Server, h *backend) { h.room = smtpd.ErrFull },
	"wasteful":     func(_ *testing.T, _ *smtpd.Server, h *backend) { h.room = smtpd.ErrWasteful },
	"begin-fails":  func(_ *testing.T, _ *smtpd.Server, h *backend) { h.begin = os.ErrPermission },
	"write-fails":  func(_ *testing.T, _ *smtpd.Server, h *backend) { h.write = smtpd.ErrFull },
	"commit-fails": func(_ *testing.T, _ *smtpd.Server, h *backend) { h.commit = os.ErrInvalid },
	"lmtp-commit-fails": func(_ *testing.T, s *smtpd.Server, h *backend) {
		s.LMTP, h.commit = true, smtpd.ErrFull
	},
}

func TestStories(t *testing.T) {
	for folder, setUp := range setups {
		stories, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
		if err != nil || len(stories) == 0 {
			t.Errorf("no stories in testdata/%s (%v)", folder, err)
		}
		for _, story := range stories {
			t.Run(folder+"/"+filepath.Base(story), func(t *testing.T) {
				text, err := os.ReadFile(story)
				if err != nil {
					t.Fatal(err)
				}
				h := new(backend)
				server, _ := newServer(h)
				setUp(t, server, h)
				t.Run("", func(t *testing.T) { // its end waits for the session's
					pop3test.RunAll(t, pop3test.Serve(t, server.ServeConn, folder == "implicit-tls"), string(text))
				})
				if h.begun != h.ended {
					t.Errorf("%d deliveries were begun and %d ended", h.begun, h.ended)
				}
				compareKept(t, strings.TrimSuffix(story, ".txt")+".kept", h.show())
			})
		}
	}
}

// oneSuite returns a configuration that uses the same cipher suite on every machine, because
// Received shows it.
func oneSuite(t *testing.T) *tls.Config {
	config := pop3test.TLS(t, "")
	config.MaxVersion = tls.VersionTLS12
	config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	return config
}

func compareKept(t *testing.T, file, got string) {
	t.Helper()
	if *update && got != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("kept:\n%s\nwant:\n%s", got, want)
	}
}
