package popclient

import (
	"bytes"
	"io"
	"net"
	"testing"

	"pillarbox/appliance/remote/session"
)

// TestDots: only a dot alone between two CRLF ends the content.
func TestDots(t *testing.T) {
	for in, want := range map[string]string{
		".\r\nrest":                  "",
		"a\r\n.\r\nrest":             "a\r\n",
		"..\r\n...a\r\n.\r\nrest":    ".\r\n..a\r\n",
		".\ra\r\n.\r\nrest":          "\ra\r\n",
		"a\n.\n\n.\r\n\r\n.\r\nrest": "a\n.\n\n.\r\n\r\n",
		"a\r\r\n.\r\nrest":           "a\r\r\n",
	} {
		var d dots
		if got, n, done := d.decode(nil, []byte(in)); string(got) != want || !done || in[n:] != "rest" {
			t.Errorf("%q: %q, %d octets, %v, want %q", in, got, n, done, want)
		}
	}
}

// FuzzDots: however content is cut, it is what a whole decoding gives, and its end is found.
func FuzzDots(f *testing.F) {
	f.Add([]byte("a\r\n..b\r\n.\r\nrest"), 3)
	f.Add([]byte(".\r\r\n.\r\n"), 2)
	f.Add([]byte("\n.\n\r\n.\r.\r\n.\r\n"), 5)
	f.Fuzz(func(t *testing.T, in []byte, at int) {
		var whole dots
		want, n, done := whole.decode(nil, in)
		if n > len(in) || done && !bytes.HasSuffix(in[:n], []byte(".\r\n")) {
			t.Fatalf("%q: %d octets, %v", in, n, done)
		}
		at = max(0, min(at, n))
		var cut dots
		got, first, ended := cut.decode(nil, in[:at])
		if !ended {
			var more int
			got, more, ended = cut.decode(got, in[first:])
			first += more
		}
		if !bytes.Equal(got, want) || first != n || ended != done {
			t.Errorf("%q cut at %d: %q %d %v, want %q %d %v", in, at, got, first, ended, want, n, done)
		}
	})
}

// FuzzClient: whatever a server sends, the client returns.
func FuzzClient(f *testing.F) {
	f.Add([]byte("+OK\r\n+OK\r\nUIDL\r\nSASL PLAIN\r\n.\r\n+ \r\n+OK\r\n+OK 1 5\r\n+OK\r\n1 5\r\n.\r\n+OK\r\n1 a\r\n.\r\n+OK\r\nab\r\n.\r\n+OK\r\n"))
	f.Add([]byte("+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 2 5\r\n+OK\r\n1 5\r\n1 6\r\n.\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := New(answers{in: bytes.NewReader(in)}, true)
		if err != nil {
			return
		}
		c.Login(anna)
		c.List(func(m session.Message) error {
			if len(m.ID) > session.MostID {
				t.Errorf("an id of %d octets", len(m.ID))
			}
			return nil
		})
		c.Header(1, io.Discard)
		c.Fetch(1, 0, io.Discard)
		c.Delete([]uint64{1})
		c.Close()
	})
}

// answers is a connection to a server that has said everything before.
type answers struct {
	net.Conn
	in *bytes.Reader
}

func (a answers) Read(p []byte) (int, error) { return a.in.Read(p) }

func (answers) Write(p []byte) (int, error) { return len(p), nil }
func (answers) Close() error                { return nil }
