package sasl

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// keep makes what a server keeps of a password.
func keep(password string, salt []byte, iterations int) Secret {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		panic(err)
	}
	stored := sha256.Sum256(sign(salted, "Client Key"))
	return Secret{iterations, salt, stored[:], sign(salted, "Server Key")}
}

// knows returns Questions about one user, and counts the proofs.
func knows(user, password string, binding []byte) (q Questions, proofs *int) {
	secret := keep(password, []byte("0123456789abcdef"), 4096)
	proofs = new(int)
	return Questions{
		Password: func(u, p string) error { return errWrong },
		Secret:   func(string) Secret { return secret },
		Same:     folds,
		Proof: func(u string, p Proof) error {
			*proofs++
			if u == user && p.Shows(secret.StoredKey) {
				return nil
			}
			return errWrong
		},
		Binding: binding,
	}, proofs
}

// The exchange of RFC 7677 §3, octet by octet.
func TestScramOfTheRFC(t *testing.T) {
	salt, _ := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	secret := keep("pencil", salt, 4096)
	m := newScram(Questions{
		Secret: func(user string) Secret {
			if user != "user" {
				t.Errorf("asked for %q", user)
			}
			return secret
		},
		Proof: func(_ string, p Proof) error {
			if p.Shows(secret.StoredKey) {
				return nil
			}
			return errWrong
		},
	}, false).(*scram)
	m.nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	for i, turn := range []turn{
		{nil, "", false, nil},
		{[]byte("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"), "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", false, nil},
		{[]byte("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", false, nil},
		{[]byte{}, "", true, nil},
		{[]byte{}, "", true, ErrMalformed},
	} {
		challenge, done, err := m.Next(turn.response)
		if string(challenge) != turn.challenge || done != turn.done || err != turn.err {
			t.Errorf("turn %d: Next(%q) = %q, %v, %v; want %q, %v, %v", i, turn.response, challenge, done, err, turn.challenge, turn.done, turn.err)
		}
	}
}

// A scramClient is the other side, which can be told to do something else.
type scramClient struct {
	gs2, binding   string // what it says first, what it binds to
	user, password string
	nonce          func(server string) string // nil: repeats it
	extra          string                     // behind the nonce of its first message
	final          func(message string) string
	last           string // its answer to the server's proof
}

// play runs an exchange to its end.
func (c scramClient) play(t *testing.T, m Mechanism) error {
	t.Helper()
	bare := "n=" + c.user + ",r=fyko+d2lbbFgONRv9qkxdawL" + c.extra
	challenge, done, err := m.Next([]byte(c.gs2 + bare))
	if done {
		return err
	}
	var nonce, salt string
	var iterations int
	parts := strings.Split(string(challenge), ",")
	if len(parts) != 3 {
		t.Fatalf("server-first-message %q", challenge)
	}
	nonce, salt = parts[0][2:], parts[1][2:]
	fmt.Sscanf(parts[2], "i=%d", &iterations)
	if c.nonce != nil {
		nonce = c.nonce(nonce)
	}
	octets, _ := base64.StdEncoding.DecodeString(salt)
	salted, _ := pbkdf2.Key(sha256.New, c.password, octets, iterations, sha256.Size)
	key := sign(salted, "Client Key")
	stored := sha256.Sum256(key)
	without := "c=" + base64.StdEncoding.EncodeToString([]byte(c.gs2+c.binding)) + ",r=" + nonce
	signed := bare + "," + string(challenge) + "," + without
	signature := sign(stored[:], signed)
	for i := range key {
		key[i] ^= signature[i]
	}
	message := without + ",p=" + base64.StdEncoding.EncodeToString(key)
	if c.final != nil {
		message = c.final(message)
	}
	if challenge, done, err = m.Next([]byte(message)); done {
		return err
	}
	want := "v=" + base64.StdEncoding.EncodeToString(sign(sign(salted, "Server Key"), signed))
	if !hmac.Equal(challenge, []byte(want)) {
		t.Errorf("the server proves itself by %q, want %q", challenge, want)
	}
	_, done, err = m.Next([]byte(c.last))
	if !done {
		t.Error("the exchange goes on behind its end")
	}
	return err
}

func TestScram(t *testing.T) {
	const exported = "32 octets that TLS has exported."
	honest := scramClient{gs2: "n,,", user: "anna", password: "a pass"}
	with := func(change func(*scramClient)) scramClient {
		c := honest
		change(&c)
		return c
	}
	tests := []struct {
		name    string
		kind    string
		binding string
		client  scramClient
		want    error
		proofs  int
	}{
		{"the right password", "SCRAM-SHA-256", "", honest, nil, 1},
		{"the wrong password", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.password = "nope" }), errWrong, 1},
		{"an unknown user", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.user = "nobody" }), errWrong, 1},
		{"acting as herself", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.gs2 = "n,a=anna," }), nil, 1},
		{"acting as another", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.gs2 = "n,a=bert," }), ErrAuthorization, 0},
		{"acting as herself, otherwise spelled", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.gs2 = "n,a=ANNA@home," }), nil, 1},
		{"an extension that may be passed over", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.extra = ",x=any" }), nil, 1},
		{"an answer to the server's proof", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.last = "x" }), ErrMalformed, 1},
		{"another nonce", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.nonce = func(s string) string { return s + "x" } }), ErrMalformed, 0},
		{"the client's nonce alone", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.nonce = func(s string) string { return s[:24] } }), ErrMalformed, 0},
		{"a proof that is cut", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.final = func(s string) string { return s[:len(s)-4] } }), ErrMalformed, 0},
		{"a proof that is longer", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.final = func(s string) string { return s[:len(s)-1] + "AAAA=" } }), ErrMalformed, 0},
		{"no proof", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.final = func(s string) string { return s[:strings.Index(s, ",p=")] } }), ErrMalformed, 0},

		{"cannot bind, and there is a binding", "SCRAM-SHA-256", exported, honest, nil, 1},
		{"could bind, and there is none", "SCRAM-SHA-256", "", with(func(c *scramClient) { c.gs2 = "y,," }), nil, 1},
		{"could bind, and was not told that it can", "SCRAM-SHA-256", exported, with(func(c *scramClient) { c.gs2 = "y,," }), ErrBinding, 0},
		{"binds where nothing is bound", "SCRAM-SHA-256", exported, with(func(c *scramClient) { c.gs2, c.binding = "p=tls-exporter,,", exported }), ErrBinding, 0},
		{"another flag in the final message", "SCRAM-SHA-256", "", with(func(c *scramClient) {
			c.final = func(s string) string { return "c=eSws" + s[len("c=biws"):] }
		}), ErrBinding, 0},

		{"bound", "SCRAM-SHA-256-PLUS", exported, with(func(c *scramClient) { c.gs2, c.binding = "p=tls-exporter,,", exported }), nil, 1},
		{"bound, the wrong password", "SCRAM-SHA-256-PLUS", exported, with(func(c *scramClient) {
			c.gs2, c.binding, c.password = "p=tls-exporter,,", exported, "nope"
		}), errWrong, 1},
		{"bound to another connection", "SCRAM-SHA-256-PLUS", exported, with(func(c *scramClient) {
			c.gs2, c.binding = "p=tls-exporter,,", strings.ToUpper(exported)
		}), ErrBinding, 0},
		{"bound in a way that is not offered", "SCRAM-SHA-256-PLUS", exported, with(func(c *scramClient) { c.gs2, c.binding = "p=tls-unique,,", exported }), ErrBinding, 0},
		{"not bound", "SCRAM-SHA-256-PLUS", exported, honest, ErrBinding, 0},
		{"not bound, could", "SCRAM-SHA-256-PLUS", exported, with(func(c *scramClient) { c.gs2 = "y,," }), ErrBinding, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var binding []byte
			if tt.binding != "" {
				binding = []byte(tt.binding)
			}
			q, proofs := knows("anna", "a pass", binding)
			kind, ok := Find([]byte(tt.kind), q)
			if !ok {
				t.Fatalf("%s is not offered", tt.kind)
			}
			if err := tt.client.play(t, kind.Start(q)); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("the exchange ends with %v, want %v", err, tt.want)
			}
			if *proofs != tt.proofs {
				t.Errorf("%d proofs were verified, want %d", *proofs, tt.proofs)
			}
		})
	}
}

func TestScramMessages(t *testing.T) {
	tests := []struct {
		name, message string
		user, nonce   string // "" "": malformed
	}{
		{"plain", "n,,n=anna,r=abc", "anna", "abc"},
		{"a comma and an equals sign in the name", "n,,n=a=2Cb=3Dc,r=abc", "a,b=c", "abc"},
		{"letters beyond ASCII", "n,,n=jürgen,r=abc", "jürgen", "abc"},
		{"an equals sign that stands for nothing", "n,,n=a=2cb,r=abc", "", ""},
		{"an equals sign at the end", "n,,n=anna=,r=abc", "", ""},
		{"no name", "n,,n=,r=abc", "", ""},
		{"a name that is not UTF-8", "n,,n=\xff,r=abc", "", ""},
		{"a zero octet", "n,,n=an\x00na,r=abc", "", ""},
		{"a name of 256 octets", "n,,n=" + strings.Repeat("u", 256) + ",r=abc", "", ""},
		{"no nonce", "n,,n=anna", "", ""},
		{"an empty nonce", "n,,n=anna,r=", "", ""},
		{"a blank in the nonce", "n,,n=anna,r=a b", "", ""},
		{"a nonce of 1025 octets", "n,,n=anna,r=" + strings.Repeat("r", 1025), "", ""},
		{"a mandatory extension", "n,,m=x,n=anna,r=abc", "", ""},
		{"half an extension", "n,,n=anna,r=abc,x", "", ""},
		{"no flag", ",,n=anna,r=abc", "", ""},
		{"an odd flag", "z,,n=anna,r=abc", "", ""},
		{"a binding without a name", "p=,,n=anna,r=abc", "", ""},
		{"an odd authorization identity", "n,anna,n=anna,r=abc", "", ""},
		{"one comma too few", "n,n=anna,r=abc", "", ""},
		{"nothing", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseFirst(tt.message)
			if wrong := tt.user == ""; wrong != (err != nil) {
				t.Fatalf("parseFirst = %+v, %v", m, err)
			}
			if err == nil && (m.user != tt.user || m.nonce != tt.nonce) {
				t.Errorf("user %q nonce %q, want %q and %q", m.user, m.nonce, tt.user, tt.nonce)
			}
		})
	}
}

// What is offered depends on what can be answered.
func TestKinds(t *testing.T) {
	all, _ := knows("anna", "a pass", []byte("exported"))
	unbound, _ := knows("anna", "a pass", nil)
	for _, tt := range []struct {
		name string
		q    Questions
		want string
	}{
		{"with TLS", all, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"},
		{"without TLS", unbound, "SCRAM-SHA-256 PLAIN LOGIN"},
		{"without secrets", Questions{Password: unbound.Password, Binding: all.Binding}, "PLAIN LOGIN"},
	} {
		var names []string
		for _, k := range Kinds(tt.q) {
			names = append(names, k.Name)
			if _, ok := Find([]byte(strings.ToLower(k.Name)), tt.q); !ok {
				t.Errorf("%s: %s is offered and not found", tt.name, k.Name)
			}
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	var names []string
	for _, k := range Unbound(all) {
		names = append(names, k.Name)
	}
	if got := strings.Join(names, " "); got != "SCRAM-SHA-256 PLAIN LOGIN" {
		t.Errorf("what does not bind is %q", got)
	}
	if got := Unbound(unbound); got != nil {
		t.Errorf("nothing binds, and %v is said once more", got)
	}
	if _, ok := Find([]byte("SCRAM-SHA-256-PLUS"), unbound); ok {
		t.Error("a binding is offered where there is none")
	}
	if _, ok := Find([]byte("CRAM-MD5"), all); ok {
		t.Error("CRAM-MD5 is offered")
	}
}
