package appliance

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/pop3/pop3test"
)

// TestScramAtTheBox: each account that there is can log in so, by POP3 and by SMTP, plainly and
// over TLS.
func TestScramAtTheBox(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna", "otto")
	b := start(t, c, Options{})
	for _, tt := range []struct{ key, hello, asks string }{
		{"pop3.listen", "", "+ "},
		{"pop3.listen_tls", "", "+ "},
		{"smtp.listen", "EHLO client", "334 "},
		{"smtp.listen_tls", "EHLO client", "334 "},
	} {
		for _, name := range []string{"anna", "otto"} {
			client := b.dial(tt.key)
			said := func(text string) string {
				answer := client.say("%s", text)
				octets, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(answer, tt.asks))
				if err != nil {
					t.Fatalf("%s: %s was answered %q", tt.key, text, answer)
				}
				return string(octets)
			}
			code := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
			login := pop3test.Scram{GS2: "n,,", Bare: "n=" + name + ",r=abc", Password: name}
			if tt.hello != "" {
				client.must(tt.hello)
			}
			if tt.hello != "" && strings.HasSuffix(tt.key, "_tls") {
				client.PrintfLine("%s", tt.hello)
				_, got, _ := client.ReadResponse(250)
				lists := "\nAUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\nAUTH SCRAM-SHA-256 PLAIN LOGIN\n"
				if !strings.Contains(got, lists) {
					t.Errorf("EHLO says %q, want the mechanisms, and once more those for mutt", got)
				}
			}
			final, verdict := login.Final(t, said("AUTH SCRAM-SHA-256 "+code(login.First())))
			if got := said(code(final)); got != verdict {
				t.Errorf("%s: the box proves itself by %q, want %q", tt.key, got, verdict)
			}
			client.must("", "NOOP", "QUIT")
		}
	}
}

func TestTreacherousPasswords(t *testing.T) {
	for _, tt := range []struct {
		name, password string
		right          bool
	}{
		{"composed letters", "Grüße, жа 日本", true},
		{"a no-break space", "a\u00a0b", false},
		{"an ideographic space", "a\u3000b", false},
		{"a soft hyphen", "a\u00adb", false},
		{"a zero-width joiner", "a\u200db", false},
		{"a byte order mark", "\ufeffab", false},
	} {
		if _, err := accounts.NewVerifier(tt.password); (err == nil) != tt.right {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestLoginDelay: pop3.login_delay is announced and enforced, with a credit for whoever fetches and
// deletes.
func TestLoginDelay(t *testing.T) {
	c := settings(t.TempDir())
	c.POP3.LoginDelay = config.Duration(time.Hour)
	family(t, c.State, "anna")
	b := start(t, c, Options{})
	for range loginCredit + 1 {
		b.login("pop3.listen", "anna").must("QUIT")
	}
	late := b.dial("pop3.listen")
	late.must("USER anna")
	if got := late.say("PASS anna"); !strings.HasPrefix(got, "-ERR [LOGIN-DELAY]") {
		t.Errorf("one login too many was answered %q", got)
	}
	late.must("QUIT")
}
