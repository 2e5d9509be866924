package login

import (
	"errors"
	"strings"
	"testing"

	"pillarbox/appliance/remote/session"
)

var anna = session.Login{User: "anna", Secret: "secret"}

// TestChoose: the best mechanism that both sides have.
func TestChoose(t *testing.T) {
	token := session.Login{User: "anna", Secret: "t", Token: true}
	for _, tt := range []struct {
		login     session.Login
		announced string
		want      string // "": none
	}{
		{anna, "LOGIN PLAIN SCRAM-SHA-256 XOAUTH2", "SCRAM-SHA-256"},
		{anna, "LOGIN PLAIN", "PLAIN"},
		{anna, "LOGIN", "LOGIN"},
		{anna, "CRAM-MD5 XOAUTH2 GSSAPI", ""},
		{token, "PLAIN OAUTHBEARER XOAUTH2", "XOAUTH2"},
		{token, "PLAIN OAUTHBEARER", "OAUTHBEARER"},
		{token, "PLAIN LOGIN", ""},
	} {
		m := Choose(tt.login, strings.Fields(tt.announced))
		name := ""
		if m != nil {
			name, _, _ = m.Start()
		}
		if name != tt.want {
			t.Errorf("of %s: %q, want %q", tt.announced, name, tt.want)
		}
	}
}

// TestScram is the example of RFC 7677 §3.
func TestScram(t *testing.T) {
	s := newScram(session.Login{User: "user", Secret: "pencil"})
	s.nonce = "rOprNGfwEbeRWgbNEkqO"
	if name, first, err := s.Start(); name != "SCRAM-SHA-256" || string(first) != "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" || err != nil {
		t.Fatalf("%s %q %v", name, first, err)
	}
	final, err := s.Next([]byte("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	want := "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	if string(final) != want || err != nil {
		t.Fatalf("%q, %v", final, err)
	}
	if end, err := s.Next([]byte("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")); end == nil || len(end) != 0 || err != nil {
		t.Errorf("%q, %v", end, err)
	}
}

// TestScramRefuses: what a server could do to get at the password, or at the time of this machine.
func TestScramRefuses(t *testing.T) {
	for name, challenge := range map[string]string{
		"another nonce":       "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"no nonce of its own": "r=NONCE,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		"few rounds":          "r=NONCEx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",
		"many rounds":         "r=NONCEx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000",
		"no salt":             "r=NONCEx,s=,i=4096",
		"nonsense":            "hello",
		"nothing":             "",
	} {
		s := newScram(anna)
		s.Start()
		if got, err := s.Next([]byte(strings.Replace(challenge, "NONCE", s.nonce, 1))); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	s := newScram(anna)
	s.Start()
	s.Next([]byte("r=" + s.nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	if _, err := s.Next([]byte("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")); err == nil {
		t.Error("a server that does not know the password was believed")
	}
	var e *session.Error
	s = newScram(anna)
	s.Start()
	s.Next([]byte("r=" + s.nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	if _, err := s.Next([]byte("e=invalid-proof")); !errors.As(err, &e) || e.Kind != session.Auth {
		t.Errorf("a refusal is %v", err)
	}
}

// TestOnlyOnce: no mechanism sends the secret a second time.
func TestOnlyOnce(t *testing.T) {
	for _, m := range []Mechanism{&plain{anna}, &asked{login: anna}, newScram(anna), &xoauth2{login: anna}, &bearer{login: anna}} {
		name, said, _ := m.Start()
		all := string(said)
		for range 6 {
			next, err := m.Next([]byte("go on"))
			if err != nil {
				break
			}
			all += string(next)
		}
		if n := strings.Count(all, "secret"); n > 1 {
			t.Errorf("%s sent it %d times", name, n)
		}
	}
}

// TestRefusedToken: the challenge of a server that refuses a token is answered, and turned into
// words; a server that goes on with challenges is left.
func TestRefusedToken(t *testing.T) {
	for _, row := range []struct {
		m         Mechanism
		challenge string
		answer    string
		text      string
	}{
		{&xoauth2{login: anna}, `{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`, "", "no (status 400, the scope https://mail.google.com/ is needed)"},
		{&bearer{login: anna}, `{"status":"invalid_token","scope":"mail\u001b"}`, "\x01", "no (the access token has expired or was withdrawn, the scope mail? is needed)"},
		{&bearer{login: anna}, `{"status":"insufficient_scope"}`, "\x01", "no (the access token is not for mail)"},
		{&xoauth2{login: anna}, "go on", "", "no"},
		{&xoauth2{login: anna}, "{}", "", "no"},
	} {
		row.m.Start()
		if answer, err := row.m.Next([]byte(row.challenge)); string(answer) != row.answer || answer == nil || err != nil {
			t.Errorf("%s: answered %q, %v", row.challenge, answer, err)
		}
		refused := session.Errorf(session.Auth, "no")
		err := Explain(row.m, refused)
		if err.Error() != row.text || session.As(err).Kind != session.Auth || refused.Text != "no" {
			t.Errorf("%s: %v", row.challenge, err)
		}
		if _, err := row.m.Next([]byte(row.challenge)); err == nil {
			t.Errorf("%s: a second challenge was answered", row.challenge)
		}
	}
	if err := Explain(&plain{anna}, errUnexpected); err != errUnexpected {
		t.Error(err)
	}
}
