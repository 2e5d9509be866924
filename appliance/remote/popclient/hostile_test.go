package popclient

import (
	"io"
	"net"
	"strings"
	"testing"

	"pillarbox/appliance/remote/session"
)

// TestHostile: what a server sends without an end, or too much of, ends the session with an error
// that says so.
func TestHostile(t *testing.T) {
	long := strings.Repeat("x", longestLine+1)
	rows := func(n int) string { return strings.Repeat("1 10\r\n", n) }
	list := func(c *Client) error { return c.List(func(session.Message) error { return nil }) }
	for _, tt := range []struct {
		name, said, unending, says string
		do                         func(c *Client) error
	}{
		{"a greeting without an end", "", "x", "breaks the protocol", nil},
		{"a capability without an end", "+OK\r\n+OK\r\n", "x", "breaks the protocol", nil},
		{"capabilities without an end", "+OK\r\n+OK\r\n", "A\r\n", "a reply of more than 64 lines", nil},
		{"a line of more than 8 KiB", "+OK\r\n-ERR\r\n", "+OK " + long + "\r\n", "breaks the protocol", list},
		{"10^9 messages", "+OK\r\n-ERR\r\n+OK 1000000000 1\r\n", "", "lists 1000000000 messages", list},
		{"a count that is no number", "+OK\r\n-ERR\r\n+OK many 1\r\n", "", "STAT", list},
		{"a listing without an end", "+OK\r\n-ERR\r\n+OK 1 10\r\n+OK\r\n", rows(100), "a reply of more than 200000 lines", list},
		{"a message that is not there", "+OK\r\n-ERR\r\n+OK 1 10\r\n+OK\r\n2 10\r\n.\r\n", "", "no message", list},
		{"unique-ids without an end", "+OK\r\n-ERR\r\n+OK 1 10\r\n+OK\r\n1 10\r\n.\r\n+OK\r\n", "1 a\r\n", "a reply of more than 200000 lines", list},
		{"+ without an end", "+OK\r\n+OK\r\nSASL XOAUTH2\r\n.\r\n", "+ eA==\r\n", "a challenge that the mechanism does not have", func(c *Client) error { return c.Login(token) }},
		{"+ without an end for PLAIN", "+OK\r\n+OK\r\nSASL PLAIN\r\n.\r\n", "+ eA==\r\n", "a challenge that the mechanism does not have", func(c *Client) error { return c.Login(anna) }},
		{"neither +OK nor -ERR", "+OK\r\n-ERR\r\nHTTP/1.1 400 Bad Request\r\n", "", `answered "HTTP/1.1 400 Bad Request"`, list},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(stranger{from: &forever{said: tt.said, unending: tt.unending}}, true)
			if err == nil {
				err = tt.do(c)
			}
			e := session.As(err)
			if e == nil || e.Kind != session.Protocol || !strings.Contains(e.Text, tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

// A stranger is a connection to a server that has said everything before.
type stranger struct {
	net.Conn
	from io.Reader
}

func (s stranger) Read(p []byte) (int, error) { return s.from.Read(p) }

func (stranger) Write(p []byte) (int, error) { return len(p), nil }
func (stranger) Close() error                { return nil }

// forever reads a text, and then another one without an end.
type forever struct {
	said, unending string
	rest           string
}

func (f *forever) Read(p []byte) (int, error) {
	if f.said != "" {
		n := copy(p, f.said)
		f.said = f.said[n:]
		return n, nil
	}
	if f.unending == "" {
		return 0, io.EOF
	}
	if f.rest == "" {
		f.rest = strings.Repeat(f.unending, 1+4000/len(f.unending))
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
