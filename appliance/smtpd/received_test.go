package smtpd

import (
	"net/mail"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestReceived(t *testing.T) {
	date := time.Date(1970, 1, 2, 3, 4, 5, 0, time.UTC)
	long := strings.Repeat("a", 60) + "." + strings.Repeat("b", 60)
	for _, tt := range []struct {
		name     string
		envelope Envelope
		accepted int
		first    Path
		want     string
	}{
		{"usual", Envelope{Helo: "client.home.arpa", Remote: netip.MustParseAddr("192.168.1.7"), Protocol: "ESMTP"},
			1, Path{"anna", "home.arpa"},
			"Received: from client.home.arpa ([192.168.1.7]) by mail.home.arpa with ESMTP\r\n" +
				"\tfor <anna@home.arpa>; Fri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"IPv6", Envelope{Helo: "[IPv6:fe80::1]", Remote: netip.MustParseAddr("fe80::1%eth0"), Protocol: "ESMTP"},
			1, Path{"anna", ""},
			"Received: from [IPv6:fe80::1] ([IPv6:fe80::1]) by mail.home.arpa with ESMTP\r\n" +
				"\tfor <anna@mail.home.arpa>; Fri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"IPv4 in IPv6", Envelope{Helo: "x", Remote: netip.MustParseAddr("::ffff:10.0.0.1"), Protocol: "SMTP"}, 0, Path{},
			"Received: from x ([10.0.0.1]) by mail.home.arpa with SMTP;\r\n\tFri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"local socket, several recipients", Envelope{Helo: "x", Protocol: "LMTP"}, 2, Path{"anna", ""},
			"Received: from x by mail.home.arpa with LMTP; Fri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"a name that is none", Envelope{Helo: "x) by evil; (\r\nBcc: y", Protocol: "SMTP"}, 0, Path{},
			"Received: from unknown by mail.home.arpa with SMTP;\r\n\tFri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"an address, on a local socket", Envelope{Helo: "[127.0.0.1]", Protocol: "LMTP"}, 0, Path{},
			"Received: from unknown by mail.home.arpa with LMTP;\r\n\tFri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"a name with an underscore", Envelope{Helo: "my_pc", Protocol: "SMTP"}, 1, Path{"a..b", ""},
			"Received: from unknown by mail.home.arpa with SMTP\r\n\tfor <\"a..b\"@mail.home.arpa>;" +
				" Fri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"no name", Envelope{Protocol: "SMTP"}, 0, Path{},
			"Received: from unknown by mail.home.arpa with SMTP;\r\n\tFri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"a long name", Envelope{Helo: long, Protocol: "SMTP"}, 0, Path{},
			"Received: from " + long + "\r\n\tby mail.home.arpa with SMTP; Fri, 02 Jan 1970 03:04:05 +0000\r\n"},
		{"a user with an odd name", Envelope{Helo: "x", Protocol: "ESMTPA", User: "anna (b) \r\n\\ü"}, 0, Path{},
			"Received: from x by mail.home.arpa with ESMTPA (authenticated anna??b??????);\r\n" +
				"\tFri, 02 Jan 1970 03:04:05 +0000\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.envelope.Received = date
			x := &transaction{server: &Server{Hostname: "mail.home.arpa"}, envelope: tt.envelope, accepted: tt.accepted, first: tt.first}
			trace, _ := x.trace()
			got := string(trace)
			if got != tt.want {
				t.Errorf("got\n%q, want\n%q", got, tt.want)
			}
			checkField(t, got)
			if !parses(got) {
				t.Errorf("%q is no trace line of RFC 5321 §4.4", got)
			}
		})
	}
}

// checkField parses a header field as a mail client does.
func checkField(t *testing.T, field string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(field + "\r\n"))
	if err != nil || len(m.Header) != 1 {
		t.Fatalf("%q is %d fields, %v", field, len(m.Header), err)
	}
	text := m.Header.Get("Received")
	_, date, _ := strings.Cut(text, "; ")
	if _, err := mail.ParseDate(date); err != nil {
		t.Errorf("the date of %q: %v", text, err)
	}
}

// FuzzReceived: no name that a client gives breaks the header.
func FuzzReceived(f *testing.F) {
	f.Add("client.home.arpa", "anna", "<anna@home.arpa>")
	f.Add("a\r\nb: c", "a)\r\n(", `<"a\"; b"@[127.0.0.1]>`)
	f.Fuzz(func(t *testing.T, hello, user, to string) {
		p, _, ok := parsePath([]byte(to))
		if !ok || p.Null() {
			p = Path{"anna", ""}
		}
		e := Envelope{Helo: hello, User: user, Protocol: "SMTP", Received: time.Unix(0, 0), From: p}
		field := string(received("mail.home.arpa", &e, p))
		if utf8.ValidString(user) && !parses(field) {
			t.Fatalf("%q is no trace line of RFC 5321 §4.4", field)
		}
		for _, line := range strings.Split(strings.TrimSuffix(field, "\r\n")+"\r\n", "\r\n") {
			if strings.ContainsAny(line, "\r\n\x00") || len(line) > 998 {
				t.Fatalf("%q", field)
			}
		}
		if n := strings.Count(field, "\r\n"); n != strings.Count(field, "\r\n\t")+1 {
			t.Fatalf("%q is more than one field", field)
		}
		if head := string(traceHead(p, p)); strings.Count(head, "\r\n") != 2 || strings.Count(head, "\n") != 2 {
			t.Fatalf("%q is not two fields", head)
		}
	})
}
