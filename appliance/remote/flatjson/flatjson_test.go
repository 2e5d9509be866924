package flatjson

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	for text, want := range map[string]map[string]string{
		`{}`: {},
		` { "access_token" : "a\u0041\n\"\\\/" , "expires_in":3600, "x":{"a":[1,{"b":null}]}, "y":[], "ok":true, "no":null, "n":-1.5e3 } ` + "\r\n": {
			"access_token": "aA\n\"\\/", "expires_in": "3600", "ok": "true", "n": "-1.5e3"},
		`{"a":"\ud83d\ude00 \ud83d x","a":"\u00fc"}`: {"a": "ü"},
		`{"a":"\ud83d\ude00 \ud83dx"}`:               {"a": "😀 �x"},
		`{"e":"400","schemes":"Bearer"}`:             {"e": "400", "schemes": "Bearer"},
	} {
		got, err := Fields([]byte(text))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "null", "[]", "{", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1} x`, `{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12"}`,
		`{"a":nul}`, `{"a":+1}`, `{"a":infinity}`, `{"a" "b"}`, `{"a":[1 2]}`, `<html>`, `{"a":"`, `{"a":"\`,
		`{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + "}",
	} {
		if got, err := Fields([]byte(text)); err == nil {
			t.Errorf("%q is %q", text, got)
		}
	}
	many := `{"z":1` + strings.Repeat(`,"`, 1)
	for i := range 200 {
		many += string(rune('a'+i%26)) + strings.Repeat("x", i) + `":1,"`
	}
	if got, err := Fields([]byte(many + `end":2}`)); err != nil || len(got) != mostFields {
		t.Errorf("%d fields, %v", len(got), err)
	}
}

// FuzzFields: what is read is what encoding/json reads, and nothing else is a fault of this
// program.
func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"access_token":"a","expires_in":3600,"scope":["x"],"o":{"a":1}}`))
	f.Add([]byte(`{"error":"invalid_grant","error_description":"AADSTS70008: \u00fc\ud83d\ude00"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Fields(text)
		if err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(text, &want); err != nil && json.Valid(text) {
			t.Fatalf("%q is %q, but %v", text, got, err)
		}
		for name, value := range got {
			if s, ok := want[name].(string); ok && s != strings.ToValidUTF8(value, "\uFFFD") && !strings.Contains(s, "\uFFFD") {
				t.Errorf("%q: %q is %q, want %q", text, name, value, s)
			}
		}
	})
}
