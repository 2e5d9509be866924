package transcript

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// serve says hello, and echoes each line as "got …" until one is QUIT; to BLOCK it says a
// multi-line reply.
func serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	io.WriteString(conn, "hello\r\n")
	for {
		line, err := in.ReadString('\n')
		switch {
		case err != nil || line == "QUIT\r\n":
			return
		case line == "BLOCK\r\n":
			line = "4\r\nab\r\n..\r\n.\r\n"
		}
		if _, err := io.WriteString(conn, "got "+line); err != nil {
			return
		}
	}
}

// play plays a transcript against serve; a party called "absent" cannot connect.
func play(text string) error {
	var served sync.WaitGroup
	defer served.Wait()
	stage := Stage{
		Words:    map[string]string{"user": "anna*"},
		Patience: time.Second,
		Dial: func(name string) (net.Conn, error) {
			if name == "absent" {
				return nil, io.ErrClosedPipe
			}
			near, far := net.Pipe()
			served.Go(func() { serve(far) })
			return near, nil
		},
		Direct: func(verb, argument string) (bool, error) {
			if verb != "deliver" {
				return false, nil
			}
			return true, errors.New("cannot deliver " + argument)
		},
	}
	return stage.Play(text)
}

func TestTranscripts(t *testing.T) {
	tests := []struct {
		name, text, failed string
	}{
		{"all is as it says", "# why\nS: hello\nC: a\nS: got a\n\nC: b c \nS: got b *\nC: QUIT\n[[eof]]\n", ""},
		{"base64", "S: *\nC: {{\"\\x00a\"}}\nS: got AGE=\nC: x{{\"b\"}}y\nS: got x{{\"b\"}}y", ""},
		{"many octets", "S: *\nC: x{{5 \"ab\"}}\nS: got xababababab\nC: {{2 \"*\"}}\nS: got {{2 \"*\"}}", ""},
		{"raw octets", "S: *\n[[raw \"a\\r\"]]\n[[raw \"\\n\"]]\nS: got a", ""},
		{"another line", "S: hello\nC: a\nS: got b\n", `line 3: got "got a", want "got b"`},
		{"one of two lines", "S: bye || hello\nC: a\nS: got b || got a\n", ""},
		{"none of two lines", "S: hello\nC: a\nS: got b || got c\n", "line 3: got"},
		{"the end in place of a line", "S: hello\nC: QUIT\nS: got a || [[eof]]\n", ""},
		{"a line that does not come", "S: hello\nC: QUIT\nS: got\n", "line 3: got the end of the connection"},
		{"a bare LF", "S: hello\n[[raw \"a\\n\"]]\nS: got a", "does not end in CRLF"},
		{"a server that goes on", "S: hello\nC: a\n[[eof]]\n", "does not close"},
		{"lines up to one", "S: hello\nC: BLOCK\n[[skip]]\nS: ..\nS: .\n", ""},
		{"no line up to the end", "S: hello\nC: BLOCK\n[[skip]]\nS: c\n", `got ".", want "c"`},
		{"several lines", "S: hello\nC: BLOCK\n[[lines 2 *]]\nS: ..\nS: .\n", ""},
		{"octets", "S: hello\nC: BLOCK\nS: got $n\n[[octets 7]]", ""},
		{"other octets", "S: hello\nC: BLOCK\nS: got $n\n[[octets $n]]", "the reply has 7 octets, want 4"},
		{"a word", "S: $hi\nC: a$hi\nS: got a$hi\nC: x$user\nS: got x$user\nC: y*\nS: got $user", `got "got y*"`},
		{"a word that is not known", "S: hello\nC: $hi\n", "$hi was not captured"},
		{"not", "S: hello\n[[not bye]]\n[[not hel*]]", `line 3: got "hello", must not be "hel*"`},
		{"differ", "S: $a\nC: b\nS: got $b\n[[differ $a $b]]\nC: hello\nS: got $c\n[[differ $a $c]]", "line 7: $a $c are the same"},
		{"prompt", "S: hello\nC: BLOCK\nS: got 4\n[[octets 7]]\n[[prompt 3 NOOP]]", `got "got NOOP", want "+OK*"`},
		{"silence", "S: hello\n[[silence 10ms]]\nC: a\n[[silence 1s]]", "line 4: the server said"},
		{"its own directive", "[[deliver x$user]]", "cannot deliver xanna*"},
		{"a party that cannot connect", "[[on absent]]\nS: hello", "closed pipe"},
		{"two parties", "S: hello\n[[on phone]]\nS: hello\nC: QUIT\n[[eof]]\n[[on ]]\nC: a\nS: got a", ""},
		{"nonsense", "S: hello\nfoo\n", "not a line of a transcript"},
		{"no such directive", "S: hello\n[[foo]]\n", "no such directive"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := play(tt.text); err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.failed) || (got == "") != (tt.failed == "") {
				t.Errorf("the transcript is failed for %q, want %q", got, tt.failed)
			}
		})
	}
}
