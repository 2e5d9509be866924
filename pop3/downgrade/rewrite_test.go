package downgrade

import (
	"mime"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"pillarbox/pop3/wire"
)

// rewritten returns a header as a session sends it.
func rewritten(t testing.TB, header string) string {
	t.Helper()
	var out []byte
	at := int64(0)
	r := NewReader(strings.NewReader(header), int64(len(header)))
	for {
		change, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !change {
			return string(out) + header[at:]
		}
		out = r.Append(append(out, header[at:r.from]...))
		at = r.to
	}
}

func TestDowngrade(t *testing.T) {
	tests := []struct{ name, header, want string }{
		{"ASCII stays octet by octet", "subject :  a\r\n\tb\r\n\r\n", "subject :  a\r\n\tb\r\n\r\n"},
		{"a subject", "Subject: Grüße\r\n\r\n", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"},
		{"from the first word to the last",
			"Subject: Re: die Grüße an alle\r\n",
			"Subject: Re: die =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n an alle\r\n"},
		{"folded", "Subject: ein\r\n Gruß\r\n", "Subject: ein =?utf-8?q?Gru=C3=9F?=\r\n"},
		{"a name",
			"From: Jürgen <j@home.arpa>\r\n",
			"From: =?utf-8?q?J=C3=BCrgen?= <j@home.arpa>\r\n"},
		{"two names",
			"To: Jürgen <j@home.arpa>, anna@home.arpa\r\n",
			"To: =?utf-8?q?J=C3=BCrgen?= <j@home.arpa>,\r\n <anna@home.arpa>\r\n"},
		{"an address",
			"From: jürgen@home.arpa\r\n",
			"From: =?utf-8?q?j=C3=BCrgen@home.arpa?=\r\n <invalid@internationalized-address.invalid>\r\n"},
		{"a name and an address",
			"From: Jü <jü@home.arpa>\r\n",
			"From: =?utf-8?q?J=C3=BC_j=C3=BC@home.arpa?=\r\n <invalid@internationalized-address.invalid>\r\n"},
		{"a list that cannot be read",
			"To: Jü [x] <j@home.arpa>\r\n",
			"To: J? [x] <j@home.arpa>\r\n"},
		{"an address that cannot be read",
			"To: [x] <jü@home.arpa>\r\n",
			"To: =?utf-8?q?[x]_<j=C3=BC@home.arpa>?=\r\n <invalid@internationalized-address.invalid>\r\n"},
		{"the name of a file",
			"Content-Disposition: attachment; filename=\"Grüße.txt\"\r\n",
			"Content-Disposition: attachment;\r\n filename*=utf-8''Gr%C3%BC%C3%9Fe.txt\r\n"},
		{"parameters that cannot be read",
			"Content-Type: multipart/mixed; boundary=\"x\"; name=ü\r\n",
			"Content-Type: multipart/mixed; boundary=\"x\"; name=_\r\n"},
		{"what has no ASCII form",
			"Message-ID: <ü@home.arpa>\r\nReceived: from ü\r\n by x\r\nDate: now\r\n",
			"Date: now\r\n"},
		{"an odd name", "Sübject: x\r\nDate: ü\r\n", "Sübject: x\r\nDate: ü\r\n"},
		{"no field",
			"Subject: ü\r\nGrüße\r\nFrom: ü\r\n\r\n",
			"Subject: =?utf-8?q?=C3=BC?=\r\nGrüße\r\nFrom: ü\r\n\r\n"},
		{"a text with colons", "Heizung im Haus: läuft\r\n", "Heizung im Haus: läuft\r\n"},
		{"not UTF-8", "Subject: Gr\xfc\xdfe\r\n", "Subject: Gr\xfc\xdfe\r\n"},
		{"without a last line end", "Subject: ü", "Subject: =?utf-8?q?=C3=BC?=\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rewritten(t, tt.header); got != tt.want {
				t.Errorf("downgrade(%q)\n = %q, want\n   %q", tt.header, got, tt.want)
			}
		})
	}
}

// TestDowngradeLong: long fields are folded, and a client that decodes them gets the original text.
func TestDowngradeLong(t *testing.T) {
	subject := strings.Repeat("Grüße aus Köln am Rhein ", 20) + "ß"
	got := rewritten(t, "Subject: "+subject+"\r\nFrom: "+subject[:200]+" <a@home.arpa>\r\n\r\n")
	for line := range strings.Lines(got) {
		if len(line) > 90 {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	m, err := mail.ReadMessage(strings.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	read, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || read != subject {
		t.Errorf("it reads %q, %v; want %q", read, err, subject)
	}
	from, err := m.Header.AddressList("From")
	want := mail.Address{Name: strings.TrimSpace(subject[:200]), Address: "a@home.arpa"}
	if err != nil || len(from) != 1 || *from[0] != want {
		t.Errorf("it is from %v, %v", from, err)
	}
}

// fieldsOnly reports whether each line of a header is a field or a part of one.
func fieldsOnly(t testing.TB, header string) bool {
	r := NewReader(strings.NewReader(header), int64(len(header)))
	for {
		more, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		if !more || !r.field {
			return !more
		}
	}
}

// FuzzDowngrade: any header is rewritten to lines. They are ASCII, except fields that are not UTF-8
// and the lines after one that is not a field. No line is a new end of the header or of the reply.
func FuzzDowngrade(f *testing.F) {
	for _, s := range []string{
		"Subject: Grüße", "From: ü <ü@x>, \"y\" <y@x>", "Content-Type: text/plain; name=ü",
		".ü: x", "To: (ü) x: a, b;", "\tü", "From: <ü", "X: ü=?=\x01",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(strings.NewReplacer("\r", "", "\x00", "").Replace(text), "\n")
		var header strings.Builder
		for _, line := range lines {
			if line != "" { // an empty line is the end of a header
				if line[0] == '.' {
					line = "." + line
				}
				header.WriteString(line + "\r\n")
			}
		}
		header.WriteString("\r\n")
		got := rewritten(t, header.String())
		if !strings.HasSuffix(got, "\r\n") {
			t.Fatalf("downgrade(%q) = %q", header.String(), got)
		}
		ascii := utf8.ValidString(header.String()) && fieldsOnly(t, header.String())
		out := strings.Split(strings.TrimSuffix(got, "\r\n"), "\r\n")
		for i, line := range out {
			switch {
			case strings.ContainsAny(line, "\r\n"):
				t.Errorf("a bare CR or LF in %q of %q", line, got)
			case line == "" && i < len(out)-1:
				t.Errorf("a blank line in %q", got)
			case strings.HasPrefix(line, ".") && !strings.HasPrefix(line, ".."):
				t.Errorf("a dot that is not doubled in %q", got)
			case ascii && wire.EightBit([]byte(line)):
				t.Errorf("not ASCII: %q", line)
			}
		}
	})
}
