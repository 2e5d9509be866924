package imapexport

import "testing"

func sumOf(header string) sum {
	var s summer
	for i := range len(header) {
		s.Write([]byte{header[i]})
	}
	return s.sum()
}

// TestSum checks which headers have equal sums: those that a server can make of one another.
func TestSum(t *testing.T) {
	const header = "Received: from a\n\tby b; today\nReceived: from c\nMessage-ID: <1@home.arpa>\nSubject: caf\xc3\xa9 au lait\nX: y\n\nDate: of the body\n"
	want := sumOf(header)
	for name, same := range map[string]string{
		"CRLF":               "Received: from a\r\n\tby b; today\r\nReceived: from c\r\nMessage-ID: <1@home.arpa>\r\nSubject: caf\xc3\xa9 au lait\r\n\r\n",
		"another order":      "Subject: caf\xc3\xa9 au lait\nMESSAGE-ID:<1@home.arpa>\nReceived: from a by b; today \nReceived: from c\n\n",
		"octets replaced":    "Received: from a by b; today\nReceived: from c\nMessage-ID: <1@home.arpa>\nSubject: cafXX au lait\n",
		"a line of no field": "From x\nReceived: from a by b; today\nReceived: from c\nMessage-ID: <1@home.arpa>\nSubject: cafXX au lait\n\n",
	} {
		if sumOf(same) != want {
			t.Errorf("%s: another sum", name)
		}
	}
	for name, other := range map[string]string{
		"nothing":              "",
		"another subject":      "Received: from a by b; today\nReceived: from c\nMessage-ID: <1@home.arpa>\nSubject: cafe au lait\n\n",
		"a word joined":        "Received: from a by b; today\nReceived: from c\nMessage-ID: <1@home.arpa>\nSubject: cafXX aulait\n\n",
		"another trace":        "Received: from a by b; today\nReceived: from d\nMessage-ID: <1@home.arpa>\nSubject: cafXX au lait\n\n",
		"two traces joined":    "Received: from a by b; today from c\nMessage-ID: <1@home.arpa>\nSubject: cafXX au lait\n\n",
		"a value moved":        "Received: from a by b; today\nReceived: from c\nDate: <1@home.arpa>\nSubject: cafXX au lait\n\n",
		"with what is no more": "Received: from a by b; today\nReceived: from c\nMessage-ID: <1@home.arpa>\nSubject: cafXX au lait\nDate: x\n\n",
	} {
		if sumOf(other) == want {
			t.Errorf("%s: the same sum", name)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for url, want := range map[string]Target{
		"imaps://anna@host/":                            {"host", "993", "anna", "INBOX", false},
		"imaps://anna@host":                             {"host", "993", "anna", "INBOX", false},
		"imap://anna@[::1]:1143/Old%20mail/a":           {"::1", "1143", "anna", "Old mail/a", true},
		"imaps://anna@example.org@imap.example.org/x":   {"imap.example.org", "993", "anna@example.org", "x", false},
		"imaps://anna%40example.org@host/Entw%C3%BCrfe": {"host", "993", "anna@example.org", "Entwürfe", false},
	} {
		if got, err := ParseTarget(url); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", url, got, err, want)
		}
	}
	for _, bad := range []string{"", "host", "https://anna@host/", "imaps://host/", "imaps://anna:secret@host/", "imaps://anna@/", "imaps://anna@host/x?y", "imaps://anna@host/%0d%0aA", "imaps://an%zz@host/"} {
		if got, err := ParseTarget(bad); err == nil {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}
