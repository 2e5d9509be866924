package pop3_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// The stories in testdata are played against a server that is set up as their folder says.
var setups = map[string]func(t *testing.T, s *pop3.Server){
	"plain": func(t *testing.T, s *pop3.Server) {},
	"tls":   func(t *testing.T, s *pop3.Server) { s.TLS = pop3test.TLS(t, "pop3") },
	"tls-only": func(t *testing.T, s *pop3.Server) {
		s.TLS = pop3test.TLS(t, "pop3")
		s.PlaintextAuth = nil
	},
	"implicit-tls": func(t *testing.T, s *pop3.Server) { s.TLS = pop3test.TLS(t, "pop3") },
	"exclusive":    func(t *testing.T, s *pop3.Server) { s.Exclusive = new(pop3.Locks) },
}

// The stories in testdata are played against a server that is configured as their folder says.
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
				server := newServer(sampleStore())
				setUp(t, server)
				pop3test.RunAll(t, pop3test.Serve(t, server.ServeConn, folder == "implicit-tls"), string(text))
			})
		}
	}
}

// No password is logged, also not at the level debug.
func TestNoSecretInLogs(t *testing.T) {
	var log bytes.Buffer
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"}), zapcore.Lock(zapcore.AddSync(&log)), zap.DebugLevel)
	stories, _ := filepath.Glob("testdata/plain/*.txt")
	t.Run("stories", func(t *testing.T) {
		for _, story := range stories {
			text, err := os.ReadFile(story)
			if err != nil {
				t.Fatal(err)
			}
			server := newServer(sampleStore())
			server.Log = zap.New(core)
			pop3test.RunAll(t, pop3test.Serve(t, server.ServeConn, false), string(text))
		}
	})
	for _, secret := range []string{"secret", "Wörter", "YSBzZWNyZXQ", "wrong\""} {
		if i := strings.Index(log.String(), secret); i >= 0 {
			t.Errorf("the log says %q", log.String()[max(0, i-200):i+len(secret)])
		}
	}
	if got := strings.Count(log.String(), "session ended"); got < len(stories) {
		t.Errorf("%d sessions are logged, want at least %d", got, len(stories))
	}
}

// newServer returns a server for anna and bert that takes passwords without TLS.
func newServer(store pop3.Store) *pop3.Server {
	return &pop3.Server{
		Hostname:       "mail.home.arpa",
		Implementation: "pillarbox",
		Auth:           pop3test.Accounts{"anna": "a secret", "bert": " zwei  Wörter ", "carla": "", "dora": "ein Gruß", "erna": "odd headers"},
		Store:          store,
		PlaintextAuth:  func(netip.Addr) bool { return true },
	}
}

// sampleStore returns a store with three messages for anna, one with UTF-8 in its header for dora,
// and three for erna whose headers are in Latin-1, missing, and cut short.
func sampleStore() *pop3test.Store {
	store := new(pop3test.Store)
	store.Deliver("anna", "Subject: one\n\nfirst\n")
	store.Deliver("anna", "Subject: two\n\n.\n..\n.dot\nlast")
	store.Deliver("anna", "Subject: three\nTo: anna\n\n1\n2\n3\n4\n")
	store.Deliver("dora", "Subject: Grüße\nTo: Dörte <dora@home.arpa>\n\n. Punkt\n.\nGrüße\n")
	store.Deliver("erna", "Subject: Gr\xfc\xdfe\nTo: erna\n\nbody\n")
	store.Deliver("erna", "Heute wird es warm, für alle.\nBetreff: Wärme\n")
	store.Deliver("erna", "Subject: Wärme\nNicht für alle.\nBetreff: Wärme\n\nbody\n")
	return store
}
