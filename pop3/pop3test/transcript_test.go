package pop3test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern, line string
		want          bool
	}{
		{"+OK", "+OK", true},
		{"+OK", "+OK ", false},
		{"+OK*", "+OK", true},
		{"+OK *", "+OK 3 messages", true},
		{"+OK *", "-ERR", false},
		{"*", "", true},
		{"", "x", false},
		{"+OK * (* octets)", "+OK 3 messages (98 octets)", true},
		{"+OK * (* octets)", "+OK 3 messages (98 octets) and more", false},
		{`\*`, "*", true},
		{`\*`, "x", false},
		{`1 \* *`, "1 * 2", true},
	}
	for _, tt := range tests {
		if got := glob(tt.pattern, tt.line); got != tt.want {
			t.Errorf("glob(%q, %q) = %v, want %v", tt.pattern, tt.line, got, tt.want)
		}
	}
}

// A verdict is a testing.TB that keeps what a transcript is failed for.
type verdict struct {
	testing.TB
	failed string
}

func (v *verdict) Helper() {}
func (v *verdict) Fatal(args ...any) {
	v.failed = fmt.Sprint(args...)
	runtime.Goexit()
}
func (v *verdict) Fatalf(format string, args ...any) { v.Fatal(fmt.Sprintf(format, args...)) }

// play plays a transcript against a server that says greeting, and echoes each line as "got …"
// until one is QUIT. It returns what the transcript is failed for, or "".
func play(t *testing.T, transcript string) string {
	near, far := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer far.Close()
		in := bufio.NewReader(far)
		io.WriteString(far, "hello\r\n")
		for {
			line, err := in.ReadString('\n')
			if err != nil || line == "QUIT\r\n" {
				return
			}
			if _, err := io.WriteString(far, "got "+line); err != nil {
				return
			}
		}
	}()
	v := &verdict{TB: t}
	played := make(chan struct{})
	go func() {
		defer close(played)
		Run(v, near, transcript)
	}()
	<-played
	near.Close()
	<-served
	return v.failed
}

func TestTranscripts(t *testing.T) {
	tests := []struct {
		name, transcript, failed string
	}{
		{"all is as it says", "# why\nS: hello\nC: a\nS: got a\n\nC: b c \nS: got b *\nC: QUIT\n[[eof]]\n", ""},
		{"base64", "S: *\nC: {{\"\\x00a\"}}\nS: got AGE=\nC: x{{\"b\"}}y\nS: got x{{\"b\"}}y", ""},
		{"raw octets", "S: *\n[[raw \"a\\r\"]]\n[[raw \"\\n\"]]\nS: got a", ""},
		{"another line", "S: hello\nC: a\nS: got b\n", `line 3: got "got a", want "got b"`},
		{"a line that does not come", "S: hello\nC: QUIT\nS: got\n", "line 3: got \"\" and EOF"},
		{"a bare LF", "S: hello\n[[raw \"a\\n\"]]\nS: got a", "does not end in CRLF"},
		{"a server that goes on", "S: hello\nC: a\n[[eof]]\n", "does not close"},
		{"nonsense", "S: hello\nfoo\n", "not a line of a transcript"},
		{"no such directive", "S: hello\n[[foo]]\n", "no such directive"},
		{"a second connection", "S: hello\n[[on phone]]\n", "second connection"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := play(t, tt.transcript)
			if !strings.Contains(got, tt.failed) || (got == "") != (tt.failed == "") {
				t.Errorf("the transcript is failed for %q, want %q", got, tt.failed)
			}
		})
	}
}
