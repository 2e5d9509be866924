package server

import (
	"testing"
	"time"
)

func TestParseWhereabouts(t *testing.T) {
	for _, row := range []struct {
		name, printed string
		want          endpoints
		fails         bool
	}{
		{"LMTP and POP3", "lmtp 127.0.0.1:1\npop3 127.0.0.1:2\npid 3\nbegan 5\n", endpoints{lmtp: "127.0.0.1:1", pop3: "127.0.0.1:2", pid: 3, began: time.Unix(0, 5)}, false},
		{"padded number, no POP3", "smtp 127.0.0.1:1\npid      3\nbegan 5\n", endpoints{smtp: "127.0.0.1:1", pid: 3, began: time.Unix(0, 5)}, false},
		{"nowhere to send to", "pop3 127.0.0.1:2\npid 3\nbegan 5\n", endpoints{}, true},
		{"no process", "smtp 127.0.0.1:1\nbegan 5\n", endpoints{}, true},
		{"no beginning", "smtp 127.0.0.1:1\npid 3\n", endpoints{}, true},
		{"no number", "smtp 127.0.0.1:1\npid x\nbegan 5\n", endpoints{}, true},
		{"unknown word", "imap 127.0.0.1:1\n", endpoints{}, true},
		{"nothing", "", endpoints{}, true},
	} {
		got, err := parseEndpoints([]byte(row.printed))
		if (got != row.want && !row.fails) || (err != nil) != row.fails {
			t.Errorf("%s: got %+v, %v, want %+v", row.name, got, err, row.want)
		}
	}
}
