package main

import "testing"

// TestParseProtocols: only POP3 and IMAP, each once.
func TestParseProtocols(t *testing.T) {
	for text, right := range map[string]bool{"pop3": true, "imap,pop3": true, "": false, "pop3,pop3": false, "pop3,imaps": false} {
		if list, err := parseProtocols(text); (err == nil) != right {
			t.Errorf("%q: %v, %v", text, list, err)
		}
	}
}
