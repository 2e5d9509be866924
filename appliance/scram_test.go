package appliance

import (
	"encoding/base64"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/pop3/pop3test"
	"pillarbox/pop3/sasl"
)

// scram makes one attempt by SCRAM-SHA-256, as a client on that address does.
func (g *guesser) scram(from, user, password string) (name string, err error) {
	g.t.Helper()
	q := sasl.Questions{
		Secret: g.secretOf,
		Proof: func(user string, p sasl.Proof) (err error) {
			name, err = g.verdict(g.t.Context(), user, "", &p, netip.MustParseAddr(from))
			return err
		},
	}
	kind, _ := sasl.Find([]byte("SCRAM-SHA-256"), q)
	m := kind.Start(q)
	client := pop3test.Scram{GS2: "n,,", Bare: "n=" + user + ",r=abc", Password: password}
	challenge, _, err := m.Next([]byte(client.First()))
	if err != nil {
		return "", err
	}
	final, _ := client.Final(g.t, string(challenge))
	_, _, err = m.Next([]byte(final))
	return name, err
}

func TestScram(t *testing.T) {
	g := newGuesser(t)
	for _, tt := range []struct {
		name, user, password string
		want                 string // "": nobody
	}{
		{"the right password", "anna", "anna", "anna"},
		{"an address in other letter case", "Anna@Home.Arpa", "anna", "anna"},
		{"the wrong password", "anna", "otto", ""},
		{"an unknown user", "nobody", "nobody", ""},
		{"a foreign domain", "anna@example.com", "anna", ""},
	} {
		name, err := g.scram("10.0.0.1", tt.user, tt.password)
		if name != tt.want || (err == nil) != (tt.want != "") || err != nil && err != errWrong {
			t.Errorf("%s: %q, %v; want %q", tt.name, name, err, tt.want)
		}
	}
}

// Guesses by SCRAM are counted, and slow down what is guessed by PASS too.
func TestScramIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuesser(t)
		for range freeFailures {
			if _, err := g.scram("10.0.0.1", "anna", "the same"); err != errWrong {
				t.Errorf("a wrong proof: %v", err)
			}
		}
		began := time.Now()
		if _, err := g.scram("10.0.0.1", "anna", "anna"); err != nil || time.Since(began) != slowPace {
			t.Errorf("the guesser has his answer, %v, after %v", err, time.Since(began))
		}
		if took := g.try("10.0.0.1", "anna", "wrong", false); took != 0 {
			t.Errorf("who has logged in waits %v", took)
		}
		if took := g.try("10.0.0.2", "anna", "anna", true); took != 0 {
			t.Errorf("another waits %v", took)
		}
	})
}

// SCRAM does not tell who has an account: an unknown name has a salt too, whatever way it is written, for ever.
func TestUnknownSecret(t *testing.T) {
	state := t.TempDir()
	secret := func() *logins {
		g := newGuesser(t)
		var err error
		if g.lasting, err = openSecret(state); err != nil {
			t.Fatal(err)
		}
		return g.logins
	}
	l := secret()
	nobody, anna := l.secretOf("nobody"), l.secretOf("anna")
	if again := secret().secretOf("Nobody@home.arpa"); !reflect.DeepEqual(again, nobody) {
		t.Errorf("after a restart %v, before %v", again, nobody)
	}
	if nobody.Iterations != anna.Iterations || len(nobody.Salt) != len(anna.Salt) {
		t.Errorf("%d iterations and a salt of %d, want %d and %d", nobody.Iterations, len(nobody.Salt), anna.Iterations, len(anna.Salt))
	}
	if other := l.secretOf("somebody"); reflect.DeepEqual(other.Salt, nobody.Salt) {
		t.Error("two unknown names have the same salt")
	}
	if l.lasting, _ = openSecret(t.TempDir()); reflect.DeepEqual(l.secretOf("nobody"), nobody) {
		t.Error("another box makes the same salts")
	}
	path := filepath.Join(state, secretFile)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0600 {
		t.Errorf("the secret: %v, %v", info, err)
	}
	os.WriteFile(path, nil, 0600)
	if _, err := openSecret(state); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("an empty secret: %v", err)
	}
}

// TestScramAtTheBox: each account that there is can log in so, by POP3 and by SMTP, plainly and over TLS.
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

// TestLoginDelay: pop3.login_delay is announced and enforced, with a credit for whoever fetches and deletes.
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
