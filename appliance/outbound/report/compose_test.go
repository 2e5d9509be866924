package report

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

var arrival = time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)

func failure() *Report {
	return &Report{
		Action: Failed, Hostname: "nas.home.arpa", To: "anna@example.org", EnvelopeID: "abc",
		Arrival: arrival, Now: arrival.Add(time.Minute),
		Recipients: []Recipient{
			{Address: "nobody@example.net", Original: "rfc822;nobody@example.net", Status: "5.1.1", Server: "smtp.example.org",
				Diagnostic: "550 5.1.1 No such user", Last: arrival.Add(time.Minute)},
			{Address: "other@example.net", Status: "4.4.7", Reason: "The outgoing mail server could not be reached for 5 days."},
		},
		Header: []byte("Subject: hello\r\nFrom: anna@example.org\r\n"),
	}
}

// parts takes a report apart as a mail client does.
func parts(t *testing.T, text []byte) (mail.Header, []string, []string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	kind, values, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || values["report-type"] != "delivery-status" {
		t.Fatalf("%s %v: %v", kind, values, err)
	}
	var types, bodies []string
	in := multipart.NewReader(m.Body, values["boundary"])
	for {
		p, err := in.NextPart()
		if err == io.EOF {
			return m.Header, types, bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		types, bodies = append(types, p.Header.Get("Content-Type")), append(bodies, string(body))
	}
}

// groups reads the fields of the second part.
func groups(t *testing.T, text string) (list []textproto.MIMEHeader) {
	t.Helper()
	for group := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n\r\n") {
		h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(group + "\r\n\r\n"))).ReadMIMEHeader()
		if err != nil {
			t.Fatalf("%q: %v", group, err)
		}
		list = append(list, h)
	}
	return list
}

func TestFailure(t *testing.T) {
	text, err := failure().Compose()
	if err != nil {
		t.Fatal(err)
	}
	header, types, bodies := parts(t, text)
	if header.Get("To") != "<anna@example.org>" || header.Get("Auto-Submitted") != "auto-replied" {
		t.Errorf("header %v", header)
	}
	if len(types) != 3 || types[1] != "message/delivery-status" || types[2] != "text/rfc822-headers" {
		t.Fatalf("parts %q", types)
	}
	for _, want := range []string{"could not be delivered", "nobody@example.net", "The mail server smtp.example.org answered:", "550 5.1.1 No such user", "could not be reached"} {
		if !strings.Contains(bodies[0], want) {
			t.Errorf("the text lacks %q:\n%s", want, bodies[0])
		}
	}
	got := groups(t, bodies[1])
	if len(got) != 3 {
		t.Fatalf("%d groups: %s", len(got), bodies[1])
	}
	for i, want := range []map[string]string{
		{"Reporting-Mta": "dns; nas.home.arpa", "Original-Envelope-Id": "abc", "Arrival-Date": "Tue, 24 Nov 2026 13:00:00 +0000"},
		{"Final-Recipient": "rfc822; nobody@example.net", "Original-Recipient": "rfc822;nobody@example.net", "Action": "failed",
			"Status": "5.1.1", "Remote-Mta": "dns; smtp.example.org", "Diagnostic-Code": "smtp; 550 5.1.1 No such user"},
		{"Final-Recipient": "rfc822; other@example.net", "Action": "failed", "Status": "4.4.7", "Diagnostic-Code": ""},
	} {
		for name, value := range want {
			if got[i].Get(name) != value {
				t.Errorf("group %d: %s is %q, want %q", i, name, got[i].Get(name), value)
			}
		}
	}
	if !strings.HasPrefix(bodies[2], "Subject: hello\r\n") {
		t.Errorf("header %q", bodies[2])
	}
}

func TestDelay(t *testing.T) {
	r := failure()
	r.Action, r.Until = Delayed, arrival.Add(5*24*time.Hour)
	text, err := r.Compose()
	if err != nil {
		t.Fatal(err)
	}
	_, _, bodies := parts(t, text)
	if !strings.Contains(bodies[0], "tries again by itself") {
		t.Errorf("text %q", bodies[0])
	}
	if got := groups(t, bodies[1])[1]; got.Get("Action") != "delayed" || got.Get("Will-Retry-Until") != "Sun, 29 Nov 2026 13:00:00 +0000" {
		t.Errorf("fields %v", got)
	}
}

func TestUTF8(t *testing.T) {
	r := failure()
	r.Recipients[0].Address = "jürgen@example.net"
	r.Header = []byte("Subject: Grüße")
	text, err := r.Compose()
	if err != nil {
		t.Fatal(err)
	}
	_, types, bodies := parts(t, text)
	if types[1] != "message/global-delivery-status" || types[2] != "message/global-headers" {
		t.Errorf("parts %q", types)
	}
	if got := groups(t, bodies[1])[1].Get("Final-Recipient"); got != "utf-8; jürgen@example.net" {
		t.Errorf("recipient %q", got)
	}
}

// TestNullSender: nothing answers the null reverse-path, so that two servers cannot answer each
// other.
func TestNullSender(t *testing.T) {
	r := failure()
	r.To = ""
	if text, err := r.Compose(); !errors.Is(err, ErrNoSender) || text != nil {
		t.Errorf("%q, %v", text, err)
	}
}

// FuzzReport: no value adds a field, a group, a part or a long line.
func FuzzReport(f *testing.F) {
	f.Add("nobody@example.net", "550 no\r\nX: y\r\n\r\n--", "a")
	f.Add("\"a b\"@x", strings.Repeat("x", 3000), "\x1b")
	f.Fuzz(func(t *testing.T, address, diagnostic, envelope string) {
		r := failure()
		r.Recipients = r.Recipients[:1]
		r.Recipients[0].Address, r.Recipients[0].Diagnostic, r.EnvelopeID = address, diagnostic, envelope
		text, err := r.Compose()
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.SplitSeq(text, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
				t.Errorf("line %q", line)
			}
		}
		_, types, bodies := parts(t, text)
		if len(types) != 3 || strings.Count(strings.TrimSuffix(bodies[1], "\r\n"), "\r\n\r\n") != 1 {
			t.Errorf("parts %q\n%s", types, bodies[1])
		}
	})
}
