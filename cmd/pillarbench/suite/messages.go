package suite

import (
	"fmt"
	"strings"
)

// messages are the bodies that [[mail]] delivers, by name, which is also the subject. Lines end
// in CRLF.
var messages = map[string]string{
	"one":       "first\r\n",
	"two":       "second\r\n",
	"three":     "third\r\n",
	"lines":     "1\r\n2\r\n3\r\n4\r\n",
	"dots":      ".\r\n..\r\n...\r\n.dot\r\nlast\r\n",
	"blank":     "\r\n\r\n.\r\n\r\n",
	"empty":     "",
	"long":      strings.Repeat("x", 70_000) + "\r\nend\r\n",
	"eight-bit": "gr\xc3\xbc\xc3\x9fe\r\n\xa0\xff\r\ntab\there\r\n",
	"large":     strings.Repeat(strings.Repeat("0123456789", 7)+"\r\n", 15_000),
}

// message returns a complete message. It has the header fields that servers add if they are
// missing.
func message(name string) (string, error) {
	body, known := messages[name]
	if !known {
		return "", fmt.Errorf("no message is called %s", name)
	}
	return "From: Bert <bert@example.org>\r\nTo: Anna <anna@home.arpa>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n" +
		"Message-ID: <" + name + "@example.org>\r\nSubject: " + name + "\r\n\r\n" + body, nil
}
