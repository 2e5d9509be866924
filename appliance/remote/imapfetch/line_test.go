package imapfetch

import (
	"bytes"
	"io"
	"net"
	"testing"
)

// A recording is a connection that has said everything before.
type recording struct {
	net.Conn
	in io.Reader
}

func (r recording) Read(p []byte) (int, error) { return r.in.Read(p) }

// TestTake: the item that was asked for is taken out of the line, wherever it stands in it, and
// nothing else is.
func TestTake(t *testing.T) {
	for _, tt := range []struct{ item, in, out, value string }{
		{"X-GM-MSGID", "* 3 FETCH (X-GM-MSGID 17 UID 5)\r\n", "* 3 FETCH (UID 5)\r\n", "17"},
		{"X-GM-MSGID", "* 3 FETCH (UID 5 X-GM-MSGID 17)\r\n", "* 3 FETCH (UID 5)\r\n", "17"},
		{"X-GM-MSGID", "* 3 fetch (UID 5 x-gm-msgid 17 RFC822.SIZE 9)\r\n", "* 3 fetch (UID 5 RFC822.SIZE 9)\r\n", "17"},
		{"EMAILID", "* 3 FETCH (EMAILID (M1) UID 5)\r\n", "* 3 FETCH (UID 5)\r\n", "M1"},
		{"EMAILID", "* 3 FETCH (UID 5 EMAILID (M1))\r\n", "* 3 FETCH (UID 5)\r\n", "M1"},
		{"EMAILID", "* 3 FETCH (EMAILID (M1))\r\n", "* 3 FETCH ()\r\n", "M1"},
		{"EMAILID", "* 3 FETCH (EMAILID (M1\r\n", "* 3 FETCH (EMAILID (M1\r\n", ""},
		{"EMAILID", "* 3 FETCH (EMAILID )\r\n", "* 3 FETCH (EMAILID )\r\n", ""},
		{"EMAILID", "* 3 FETCH (EMAILID NIL UID 5)\r\n", "* 3 FETCH (UID 5)\r\n", ""},
		{"EMAILID", "* 3 FETCH (EMAILID (nil) UID 5)\r\n", "* 3 FETCH (UID 5)\r\n", ""},
		{"EMAILID", "* 3 FETCH (EMAILID () UID 5)\r\n", "* 3 FETCH (UID 5)\r\n", ""},
		{"X-GM-MSGID", "* 3 FETCH (X-GM-MSGID 0 UID 5)\r\n", "* 3 FETCH (UID 5)\r\n", ""},
		{"X-GM-MSGID", "* 3 FETCH (X-GM-MSGID 10 UID 5)\r\n", "* 3 FETCH (UID 5)\r\n", "10"},
		{"EMAILID", "* 3 EXISTS\r\n", "* 3 EXISTS\r\n", ""},
		{"", "* 3 FETCH (EMAILID (M1))\r\n", "* 3 FETCH (EMAILID (M1))\r\n", ""},
	} {
		l := newLine(recording{in: bytes.NewReader([]byte(tt.in))}, "")
		l.want(tt.item)
		out, err := io.ReadAll(l)
		if value := l.took(3); string(out) != tt.out || value != tt.value || err != nil {
			t.Errorf("%q of %q: %q and %q, %v", tt.item, tt.in, out, value, err)
		}
	}
}

// FuzzLine: whatever a server sends is read as it is, as far as its limits, if no item was asked
// for; if one was, the line returns.
func FuzzLine(f *testing.F) {
	f.Add([]byte("* 1 FETCH (UID 1 EMAILID (M1) BODY[] {3}\r\nabc)\r\nT1 OK done\r\n"))
	f.Add([]byte("* 2 FETCH (EMAILID (M1\r\n* LIST () \"/\" {300000}\r\nx"))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := io.ReadAll(newLine(recording{in: bytes.NewReader(in)}, ""))
		if !bytes.HasPrefix(in, out) || err == nil && len(out) != len(in) {
			t.Errorf("%q is read as %q, %v", in, out, err)
		}
		l := newLine(recording{in: bytes.NewReader(in)}, "* OK\r\n")
		l.want("EMAILID")
		if out, _ := io.ReadAll(l); len(out) > len(in)+6 || len(l.items) > mostItems {
			t.Errorf("%q is read as %q", in, out)
		}
	})
}
