package oauth

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/remote/session"
)

// A line has what the server says, and keeps what it is told.
type line struct {
	io.Reader
	told bytes.Buffer
}

func (l *line) Write(p []byte) (int, error) { return l.told.Write(p) }

func TestRequest(t *testing.T) {
	l := &line{Reader: strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")}
	if _, err := Do(l, Request{URL: "https://a.example:8443/token?x=1", Form: "a=b", User: "id", Secret: "se"}); err != nil {
		t.Fatal(err)
	}
	want := "POST /token?x=1 HTTP/1.1\r\nHost: a.example:8443\r\nAccept: application/json\r\nConnection: close\r\nAuthorization: Basic aWQ6c2U=\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b"
	if l.told.String() != want {
		t.Errorf("%q", l.told.String())
	}
	l = &line{Reader: strings.NewReader("HTTP/1.1 404 No\r\n\r\n")}
	if r, err := Do(l, Request{URL: "https://a.example"}); err != nil || r.Status != 404 || r.Fields != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if !strings.HasPrefix(l.told.String(), "GET / HTTP/1.1\r\nHost: a.example\r\n") {
		t.Errorf("%q", l.told.String())
	}
}

// TestAnswers: the forms of HTTP that servers have, and what is none.
func TestAnswers(t *testing.T) {
	for answer, want := range map[string]Reply{
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n5;x=y\r\n:\"b\"}\r\n0\r\n\r\n": says(200, "a", "b"),
		"HTTP/1.0 200 OK\r\n\r\n{\"a\":\"b\"}":                                                    says(200, "a", "b"),
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\n{\"a\":\"b\"}": says(400, "a", "b"),
		"HTTP/1.1 503 No\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n":                        {Status: 503, Wait: 2 * time.Minute},
	} {
		got, err := read(strings.NewReader(answer))
		if err != nil || got.Status != want.Status || got.Wait != want.Wait || got.Fields["a"] != want.Fields["a"] {
			t.Errorf("%q: %+v, %v", answer, got, err)
		}
	}
	for answer, kind := range map[string]session.Kind{
		"": session.Network,
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n":                      session.Network,
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n":                  session.Network,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"": session.Network,
		"+OK POP3\r\n":                    session.Protocol,
		"HTTP/1.1 x\r\n\r\n":              session.Protocol,
		strings.Repeat("x", mostAnswer*2): session.Protocol,
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20_000):                      session.Protocol,
		"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", mostAnswer):                     session.Protocol,
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10_000):                         session.Protocol,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{\"": session.Protocol,
	} {
		if got, err := read(strings.NewReader(answer)); err == nil || session.As(err).Kind != kind {
			t.Errorf("%.60q: %+v, %v", answer, got, err)
		}
	}
}

// FuzzAnswer: whatever a server sends is tokens or an error.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n{\"access_token\":\"a\"}    \r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 400 Bad\r\nContent-Length: 25\r\n\r\n{\"error\":\"invalid_grant\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := read(bytes.NewReader(text))
		if err != nil {
			if e := session.As(err); !e.Kind.Valid() || e.Text == "" {
				t.Errorf("%+v", e)
			}
			return
		}
		tokens, err := r.tokens()
		if err == nil && (r.Status != 200 || !usable(tokens.Access) || tokens.Lasts <= 0 || tokens.Ends < 0) {
			t.Errorf("%+v of %+v", tokens, r)
		}
	})
}

// FuzzPasted: an address counts only with its state.
func FuzzPasted(f *testing.F) {
	f.Add("http://127.0.0.1/?code=1&state=s")
	f.Add("http://127.0.0.1/?error=access_denied&state=s")
	f.Fuzz(func(t *testing.T, pasted string) {
		code, err := (&Consent{state: "s"}).code(pasted)
		if (err == nil) != (code != "") || err == nil && !strings.Contains(pasted, "s") {
			t.Errorf("%q: %q, %v", pasted, code, err)
		}
	})
}
