package sasl

import (
	"errors"
	"strings"
	"testing"
)

var errWrong = errors.New("wrong password")

// asked records what a Check was asked.
type asked struct {
	calls          int
	user, password string
}

// knows returns a Check that lets exactly one pair in.
func (a *asked) knows(user, password string) Check {
	return func(u, p string) error {
		a.calls++
		a.user, a.password = u, p
		if u == user && p == password {
			return nil
		}
		return errWrong
	}
}

// A turn is one call of Next: a nil response is "none was sent".
type turn struct {
	response  []byte
	challenge string
	done      bool
	err       error
}

// folds is a Questions.Same to which neither case nor the domain home makes a difference.
func folds(identity, user string) bool {
	local, _ := strings.CutSuffix(strings.ToLower(identity), "@home")
	return local == user
}

// plainFolding is NewPlain with such a Same.
func plainFolding(check Check) Mechanism { return &plain{ask: Questions{Password: check, Same: folds}} }

func TestExchanges(t *testing.T) {
	long := strings.Repeat("u", 256)
	tests := []struct {
		name  string
		start func(Check) Mechanism
		turns []turn
		calls int
	}{
		{"PLAIN with an initial response", NewPlain, []turn{{[]byte("\x00anna\x00a pass"), "", true, nil}}, 1},
		{"PLAIN without an initial response", NewPlain, []turn{{nil, "", false, nil}, {[]byte("\x00anna\x00a pass"), "", true, nil}}, 1},
		{"PLAIN acting as herself", NewPlain, []turn{{[]byte("anna\x00anna\x00a pass"), "", true, nil}}, 1},
		{"PLAIN acting as another", NewPlain, []turn{{[]byte("bert\x00anna\x00a pass"), "", true, ErrAuthorization}}, 0},
		{"PLAIN acting as herself, otherwise spelled", plainFolding, []turn{{[]byte("ANNA@home\x00anna\x00a pass"), "", true, nil}}, 1},
		{"PLAIN otherwise spelled where spelling counts", NewPlain, []turn{{[]byte("ANNA\x00anna\x00a pass"), "", true, ErrAuthorization}}, 0},
		{"PLAIN acting as another, where spelling does not count", plainFolding, []turn{{[]byte("bert@home\x00anna\x00a pass"), "", true, ErrAuthorization}}, 0},
		{"PLAIN acting as one of 256 octets", plainFolding, []turn{{[]byte(long + "\x00anna\x00a pass"), "", true, ErrAuthorization}}, 0},
		{"PLAIN wrong password", NewPlain, []turn{{[]byte("\x00anna\x00nope"), "", true, errWrong}}, 1},
		{"PLAIN empty password", NewPlain, []turn{{[]byte("\x00anna\x00"), "", true, errWrong}}, 1},
		{"PLAIN empty user", NewPlain, []turn{{[]byte("\x00\x00a pass"), "", true, ErrMalformed}}, 0},
		{"PLAIN empty response", NewPlain, []turn{{[]byte{}, "", true, ErrMalformed}}, 0},
		{"PLAIN without any NUL", NewPlain, []turn{{[]byte("anna"), "", true, ErrMalformed}}, 0},
		{"PLAIN with one NUL", NewPlain, []turn{{[]byte("anna\x00a pass"), "", true, ErrMalformed}}, 0},
		{"PLAIN with a NUL in the password", NewPlain, []turn{{[]byte("\x00anna\x00a pass\x00"), "", true, ErrMalformed}}, 0},
		{"PLAIN with a user of 256 octets", NewPlain, []turn{{[]byte("\x00" + long + "\x00a pass"), "", true, ErrMalformed}}, 0},
		{"PLAIN with a user of 255 octets", NewPlain, []turn{{[]byte("\x00" + long[1:] + "\x00a pass"), "", true, errWrong}}, 1},
		{"PLAIN asked again when it is over", NewPlain, []turn{{[]byte("\x00anna\x00a pass"), "", true, nil}, {[]byte("\x00anna\x00a pass"), "", true, ErrMalformed}}, 1},

		{"LOGIN with an initial response", NewLogin, []turn{{[]byte("anna"), "Password:", false, nil}, {[]byte("a pass"), "", true, nil}}, 1},
		{"LOGIN without an initial response", NewLogin, []turn{{nil, "Username:", false, nil}, {[]byte("anna"), "Password:", false, nil}, {[]byte("a pass"), "", true, nil}}, 1},
		{"LOGIN wrong password", NewLogin, []turn{{[]byte("anna"), "Password:", false, nil}, {[]byte("nope"), "", true, errWrong}}, 1},
		{"LOGIN empty password", NewLogin, []turn{{[]byte("anna"), "Password:", false, nil}, {[]byte{}, "", true, errWrong}}, 1},
		{"LOGIN empty user", NewLogin, []turn{{nil, "Username:", false, nil}, {[]byte{}, "", true, ErrMalformed}}, 0},
		{"LOGIN empty initial response", NewLogin, []turn{{[]byte{}, "", true, ErrMalformed}}, 0},
		{"LOGIN with a NUL in the user", NewLogin, []turn{{[]byte("anna\x00"), "", true, ErrMalformed}}, 0},
		{"LOGIN with a NUL in the password", NewLogin, []turn{{[]byte("anna"), "Password:", false, nil}, {[]byte("a\x00"), "", true, ErrMalformed}}, 0},
		{"LOGIN with a user of 256 octets", NewLogin, []turn{{[]byte(long), "", true, ErrMalformed}}, 0},
		{"LOGIN asked again when it is over", NewLogin, []turn{{[]byte("anna"), "Password:", false, nil}, {[]byte("a pass"), "", true, nil}, {[]byte("a pass"), "", true, ErrMalformed}}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a asked
			m := tt.start(a.knows("anna", "a pass"))
			for i, turn := range tt.turns {
				challenge, done, err := m.Next(turn.response)
				if string(challenge) != turn.challenge || done != turn.done || !errors.Is(err, turn.err) || (err == nil) != (turn.err == nil) {
					t.Errorf("turn %d: Next(%q) = %q, %v, %v; want %q, %v, %v", i, turn.response, challenge, done, err, turn.challenge, turn.done, turn.err)
				}
				if !done && challenge == nil {
					t.Errorf("turn %d: the exchange goes on without a challenge", i)
				}
			}
			if a.calls != tt.calls {
				t.Errorf("the check was asked %d times, want %d", a.calls, tt.calls)
			}
		})
	}
}

// The responses are not kept: a caller reads the next line into the same buffer.
func TestResponseIsNotKept(t *testing.T) {
	var a asked
	m := NewLogin(a.knows("anna", "a pass"))
	line := []byte("anna")
	if _, _, err := m.Next(line); err != nil {
		t.Fatal(err)
	}
	copy(line, "xxxx")
	if _, _, err := m.Next([]byte("a pass")); err != nil {
		t.Errorf("Next = %v, want the name as it was sent (the check saw %q)", err, a.user)
	}
}
