package appliance

import (
	"encoding/base64"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// TestAuthorizationIdentity plays AUTH with an authorization identity over both protocols.
func TestAuthorizationIdentity(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	b := start(t, settings(state), Options{})
	tests := []struct {
		name, identity, user string
		pop3, smtp           bool
	}{
		{"none", "", "anna", true, true},
		{"the same", "anna", "anna", true, true},
		{"in capitals", "ANNA", "anna", true, true},
		{"with a local domain", "anna@home.arpa", "anna", true, true},
		{"the user with a local domain", "anna", "Anna@NAS.home.arpa", true, true},
		{"both with a device", "anna+phone@home.arpa", "anna+Phone", true, true},
		{"the mailbox instead of the device's view", "anna", "anna+phone", false, true},
		{"another account", "otto", "anna", false, false},
		{"another account with a local domain", "otto@home.arpa", "anna", false, false},
		{"no account", "nobody", "anna", false, false},
		{"a foreign domain", "anna@example.com", "anna", false, false},
	}
	for _, tt := range tests {
		for _, key := range []string{"pop3.listen", "smtp.listen"} {
			want := tt.pop3
			if key == "smtp.listen" {
				want = tt.smtp
			}
			t.Run(tt.name+" at "+key, func(t *testing.T) {
				if got := b.authPlain(key, tt.identity, tt.user, "anna"); got != want {
					t.Errorf("PLAIN: logged in is %v, want %v", got, want)
				}
				if got := b.authScram(t, key, tt.identity, tt.user, "anna"); got != want {
					t.Errorf("SCRAM: logged in is %v, want %v", got, want)
				}
			})
		}
	}
}

// greeted dials a listener and says hello where that is needed.
func (b *box) greeted(key string) *client {
	c := b.dial(key)
	if strings.HasPrefix(key, "smtp") {
		c.must("EHLO client")
	}
	return c
}

// authPlain reports whether a login by AUTH PLAIN succeeds.
func (b *box) authPlain(key, identity, user, password string) bool {
	c := b.greeted(key)
	defer c.Close()
	text := base64.StdEncoding.EncodeToString([]byte(identity + "\x00" + user + "\x00" + password))
	return welcome(c.say("AUTH PLAIN %s", text))
}

// authScram reports whether a login by AUTH SCRAM-SHA-256 succeeds.
func (b *box) authScram(t *testing.T, key, identity, user, password string) bool {
	c := b.greeted(key)
	defer c.Close()
	header := "n,,"
	if identity != "" {
		header = "n,a=" + identity + ","
	}
	s := pop3test.Scram{GS2: header, Bare: "n=" + user + ",r=abc", Password: password}
	answer := c.say("AUTH SCRAM-SHA-256 %s", base64.StdEncoding.EncodeToString([]byte(s.First())))
	challenge, ok := challengeOf(answer)
	if !ok {
		return false
	}
	final, _ := s.Final(t, challenge)
	answer = c.say("%s", base64.StdEncoding.EncodeToString([]byte(final)))
	if _, ok := challengeOf(answer); ok {
		answer = c.say("")
	}
	return welcome(answer)
}

func welcome(answer string) bool {
	return strings.HasPrefix(answer, "+OK") || strings.HasPrefix(answer, "235 ")
}

// challengeOf decodes a challenge of either protocol.
func challengeOf(answer string) (challenge string, ok bool) {
	text, pop := strings.CutPrefix(answer, "+ ")
	if !pop {
		if text, ok = strings.CutPrefix(answer, "334 "); !ok {
			return "", false
		}
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	return string(decoded), err == nil
}
