package sasl

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// A script is a mechanism that sends challenges and records the responses.
type script struct {
	challenges []string
	responses  []string
	err        error
}

func (s *script) Next(response []byte) ([]byte, bool, error) {
	recorded := fmt.Sprintf("%q", response)
	if response == nil {
		recorded = "nil"
	}
	s.responses = append(s.responses, recorded)
	if len(s.challenges) == 0 {
		return nil, true, s.err
	}
	challenge := s.challenges[0]
	s.challenges = s.challenges[1:]
	return []byte(challenge), false, nil
}

func TestExchange(t *testing.T) {
	refused, left := errors.New("refused"), errors.New("the client left")
	for _, tt := range []struct {
		name       string
		challenges []string
		initial    string
		lines      []string // of the client; then it leaves
		result     error    // of the mechanism
		asked      []string
		responses  []string
		want       error
	}{
		{"an initial response", nil, "YQ==", nil, nil, nil, []string{`"a"`}, nil},
		{"an empty one", nil, "=", nil, nil, nil, []string{`""`}, nil},
		{"none", []string{""}, "", []string{"YQ=="}, nil, []string{""}, []string{"nil", `"a"`}, nil},
		{"an empty line", []string{"Name:", "Word:"}, "", []string{"", "YWI="}, nil,
			[]string{"TmFtZTo=", "V29yZDo="}, []string{"nil", `""`, `"ab"`}, nil},
		{"refused", nil, "YQ==", nil, refused, nil, []string{`"a"`}, refused},
		{"cancelled", []string{"x"}, "", []string{"*"}, nil, []string{"eA=="}, []string{"nil"}, ErrCancelled},
		{"a star as an initial response", nil, "*", nil, nil, nil, nil, ErrBase64},
		{"not base64", nil, "YQ", nil, nil, nil, nil, ErrBase64},
		{"not base64 in a line", []string{"x"}, "", []string{"=Y=="}, nil, []string{"eA=="}, []string{"nil"}, ErrBase64},
		{"= in a line", []string{"x"}, "", []string{"="}, nil, []string{"eA=="}, []string{"nil"}, ErrBase64},
		{"CR within", []string{"x"}, "", []string{"YQ=\r="}, nil, []string{"eA=="}, []string{"nil"}, ErrBase64},
		{"the client leaves", []string{"x"}, "", nil, nil, []string{"eA=="}, []string{"nil"}, left},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &script{challenges: tt.challenges, err: tt.result}
			var asked []string
			err := Exchange(m, []byte(tt.initial), func(challenge string) ([]byte, error) {
				asked = append(asked, challenge)
				if len(tt.lines) == 0 {
					return nil, left
				}
				line := tt.lines[0]
				tt.lines = tt.lines[1:]
				return []byte(line), nil
			})
			if err != tt.want || !slices.Equal(asked, tt.asked) || !slices.Equal(m.responses, tt.responses) {
				t.Errorf("Exchange = %v, asked %q, responses %q", err, asked, m.responses)
			}
		})
	}
}

// FuzzInitialResponse: only an empty word is no response, and a response is at most as long as its
// base64.
func FuzzInitialResponse(f *testing.F) {
	for _, word := range []string{"", "=", "YQ==", "YQ", "Y\r==", "*"} {
		f.Add([]byte(word))
	}
	f.Fuzz(func(t *testing.T, word []byte) {
		response, err := initialResponse(word)
		if err == nil && (response == nil) != (len(word) == 0) || len(response) > len(word) {
			t.Errorf("initialResponse(%q) = %q", word, response)
		}
		if err != nil && err != ErrBase64 {
			t.Errorf("initialResponse(%q) = %v", word, err)
		}
	})
}
