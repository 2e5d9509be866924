package session

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// TestReply: the replies of servers, from their documentation and from reports of users.
func TestReply(t *testing.T) {
	for _, tt := range []struct {
		code, text string
		login      bool
		kind       Kind
		wait       time.Duration
	}{
		{"IN-USE", "[IN-USE] Unable to lock maildrop", true, Busy, 0},
		{"LOGIN-DELAY", "[LOGIN-DELAY] wait", true, Busy, 0},
		{"SYS/TEMP", "[SYS/TEMP] Server error, please try again later", true, Busy, 0},
		{"SYS/PERM", "[SYS/PERM] POP access is not enabled", false, Protocol, 0},
		{"AUTH", "[AUTH] Username and password not accepted.", false, Auth, 0},
		{"", "Logon failure: unknown user name or bad password.", true, Auth, 0},
		{"", "Request is throttled. Suggested Backoff Time: 299961 milliseconds", false, Busy, 299961 * time.Millisecond},
		{"", "Too many simultaneous connections. (Failure)", true, Busy, 0},
		{"", "no such message", false, Refused, 0},
		{"", "Suggested Backoff Time: 99999999999999999999 milliseconds", false, Busy, 0},
	} {
		e := Reply("LOGIN", tt.code, tt.text, tt.login)
		if e.Kind != tt.kind || e.Wait != tt.wait || !strings.Contains(e.Text, tt.text) {
			t.Errorf("%q: kind %d, wait %v, %q", tt.text, e.Kind, e.Wait, e.Text)
		}
	}
}

func TestAs(t *testing.T) {
	for _, tt := range []struct {
		err  error
		kind Kind
	}{
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), Network},
		{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, Network},
		{&net.DNSError{Name: "imap.example.org", Err: "no such host"}, Network},
		{fmt.Errorf("list: %w", &Error{Kind: Busy}), Busy},
		{errors.New("unexpected token"), Protocol},
	} {
		if e := As(tt.err); e.Kind != tt.kind {
			t.Errorf("%v: kind %d, want %d", tt.err, e.Kind, tt.kind)
		}
	}
	if As(nil) != nil {
		t.Error("no error is an error")
	}
}

func TestPrintable(t *testing.T) {
	if got := Printable("a\x00\r\nb\xff" + strings.Repeat("c", 400)); strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) || len(got) > mostReply+3 {
		t.Errorf("got %q", got)
	}
}
