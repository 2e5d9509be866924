package outbound

import (
	"bytes"
	"errors"
	"net/mail"
	"strings"
	"testing"
)

// TestFrom: the From field of a user's message is an address of the remote account.
func TestFrom(t *testing.T) {
	g := Grant{Account: family()[0], From: "anna@example.org"}
	for _, row := range []struct {
		name, header string
		ok           bool
	}{
		{"own address", "Subject: x\r\nFrom: anna@example.org\r\n", true},
		{"name and case", "FROM : \"Anna, B\" <Anna@Example.org>\r\n", true},
		{"encoded name", "From: =?utf-8?q?J=C3=B6rg?= <a@example.com>\r\n", true},
		{"name beyond ASCII", "From: Jörg <a@example.com>\r\n", true},
		{"folded", "From: Anna\r\n\t<anna@example.org>\r\nTo: x\r\n", true},
		{"two own", "From: anna@example.org, a@example.com\r\n", true},
		{"another", "From: bert@example.org\r\n", false},
		{"one of two", "From: anna@example.org, bert@example.org\r\n", false},
		{"none", "Subject: x\r\n", false},
		{"two fields", "From: anna@example.org\r\nFrom: anna@example.org\r\n", false},
		{"not readable", "From: anna@@example.org\r\n", false},
		{"hidden in a name", "From: \"anna@example.org\" <bert@example.org>\r\n", false},
		{"empty group", "From: \"boss@bank.example\":;\r\n", false},
		{"empty field", "From: \r\n", false},
		{"empty", "", false},
	} {
		out, err := g.Header([]byte(row.header))
		var denied *Denied
		if row.ok && (err != nil || string(out) != row.header) || !row.ok && !errors.As(err, &denied) {
			t.Errorf("%s: %q, %v", row.name, out, err)
		}
	}
}

// TestRewrite: mail of a device comes from the account, and answers go where it said.
func TestRewrite(t *testing.T) {
	g := Grant{Account: family()[0], From: "anna@example.org", Device: true}
	for _, row := range []struct{ name, header, want string }{
		{"an address", "To: x\r\nFrom: Scan <scan@office.example>\r\nSubject: s\r\n", "From: <anna@example.org>\r\nTo: x\r\nReply-To: Scan <scan@office.example>\r\nSubject: s\r\n"},
		{"folded", "From: Scan\r\n <scan@office.example>\r\n", "From: <anna@example.org>\r\nReply-To: Scan\r\n <scan@office.example>\r\n"},
		{"no address", "From: scanner\r\n", "From: <anna@example.org>\r\nX-Original-From: scanner\r\n"},
		{"no domain", "From: root@localhost\r\n", "From: <anna@example.org>\r\nX-Original-From: root@localhost\r\n"},
		{"has Reply-To", "Reply-To: y@x.example\r\nFrom: a@x.example\r\n", "From: <anna@example.org>\r\nReply-To: y@x.example\r\nX-Original-From: a@x.example\r\n"},
		{"nothing", "", "From: <anna@example.org>\r\n"},
	} {
		if out, err := g.Header([]byte(row.header)); err != nil || string(out) != row.want {
			t.Errorf("%s: %q, %v", row.name, out, err)
		}
	}
}

// FuzzHeader: whatever a device writes, From is the account's, and nothing else is lost.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("From: a@b.c\r\nTo: x\r\n"))
	f.Add([]byte("From\r\n:x\r\nfrom :\r\n y\r\n\r\n"))
	f.Fuzz(func(t *testing.T, header []byte) {
		g := Grant{Account: family()[0], From: "anna@example.org", Device: true}
		out, err := g.Header(header)
		if err != nil {
			t.Fatal(err)
		}
		if list := fieldsOf(out, "from"); len(list) != 1 || list[0].start != 0 {
			t.Errorf("%q has %d From fields", out, len(list))
		}
		if bytes.Count(out, []byte("\n")) != bytes.Count(header, []byte("\n"))+1 {
			t.Errorf("%q became %q", header, out)
		}
		g.Device = false
		if _, err := g.Header(header); err == nil {
			m, err := mail.ReadMessage(strings.NewReader(string(header) + "\r\n"))
			if err != nil {
				return
			}
			if list, err := m.Header.AddressList("From"); err == nil && (len(list) == 0 || !g.Account.Has(list[0].Address)) {
				t.Errorf("%q is accepted", header)
			}
		}
	})
}
