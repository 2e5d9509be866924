package sendmail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A scripted server answers each command by the first row whose beginning it has, and keeps what it
// received. Its limits are those of a server that does not trust its clients.
type scripted struct {
	greeting string
	lmtp     bool
	refuse   map[string]string // beginning of a command, or "." for the end of the content → reply
	patience int               // how many refused RCPT end a connection with 421; 0: any number
	most     int               // how many recipients a transaction may have; 0: any number
	received chan string       // all of one connection, for each

	mu     sync.Mutex
	stored []string // the recipients that have a message
}

// serve serves connections on a socket, one at a time, and returns the way there.
func (s *scripted) serve(t *testing.T) Way {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s.received = make(chan string, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.received <- s.talk(conn)
			conn.Close()
		}
	}()
	return Way{Network: "unix", Address: path, LMTP: s.lmtp}
}

func (s *scripted) talk(conn net.Conn) string {
	var received strings.Builder
	in := bufio.NewReader(conn)
	greeting := s.greeting
	if greeting == "" {
		greeting = "220 nas ESMTP pillarbox"
	}
	fmt.Fprintf(conn, "%s\r\n", greeting)
	var accepted []string
	refused, content, open := 0, false, false
	for {
		line, err := in.ReadString('\n')
		received.WriteString(line)
		if err != nil {
			return received.String()
		}
		answer, times := "250 ok", 1
		ends := content
		switch {
		case content && line != ".\r\n":
			continue
		case content:
			if content, open = false, false; s.lmtp {
				times = len(accepted)
			}
		case strings.HasPrefix(line, "EHLO"), strings.HasPrefix(line, "LHLO"):
			answer = "250-nas\r\n250-SIZE 100\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN"
		case strings.HasPrefix(line, "MAIL") && open:
			answer = "503 5.5.1 nested MAIL"
		case strings.HasPrefix(line, "MAIL"):
			open, accepted = true, nil
		case line == "RSET\r\n":
			open = false
		case strings.HasPrefix(line, "RCPT") && s.most > 0 && len(accepted) == s.most:
			answer = "452 4.5.3 too many recipients"
		case line == "DATA\r\n":
			answer, content = "354 go", true
		}
		for beginning, refusal := range s.refuse {
			if strings.HasPrefix(line, beginning) && (beginning != "." || ends) {
				answer, content = refusal, false
			}
		}
		switch {
		case ends && answer[0] == '2':
			s.mu.Lock()
			s.stored = append(s.stored, accepted...)
			s.mu.Unlock()
		case !strings.HasPrefix(line, "RCPT"):
		case answer[0] == '2':
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "RCPT TO:<"), ">")
			accepted = append(accepted, name)
		case s.patience > 0 && answer[0] == '5':
			if refused++; refused == s.patience {
				answer += "\r\n421 4.7.0 too many mistakes"
			}
		}
		if answer == "hang up" {
			return received.String()
		}
		for range times {
			fmt.Fprintf(conn, "%s\r\n", answer)
		}
		if strings.Contains(answer, "421 ") {
			return received.String()
		}
	}
}

// submit calls the program with a message.
func submit(t *testing.T, ways []Way, input string, args ...string) error {
	t.Helper()
	o, err := Parse("sendmail", args)
	if err != nil {
		return err
	}
	return (&Call{
		Options: o, Hostname: "nas.home.arpa", User: "root", FullName: "The Root", Ways: ways,
		Now:   time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC),
		Input: strings.NewReader(input), Output: io.Discard,
	}).Do()
}

// TestDialogue: the lines that the server receives.
func TestDialogue(t *testing.T) {
	s := &scripted{}
	way := s.serve(t)
	err := submit(t, []Way{way}, "Subject: x\nTo: anna\nBcc: bert\nMessage-ID: <1@x>\n\nhello\n.dot\nno end", "-t", "-i", "-N", "success", "-R", "hdrs", "-V", "a=b")
	if err != nil {
		t.Fatal(err)
	}
	want := "EHLO nas.home.arpa\r\n" +
		"MAIL FROM:<root> SIZE=140 BODY=8BITMIME RET=hdrs ENVID=a+3Db\r\n" +
		"RCPT TO:<anna> NOTIFY=success\r\n" +
		"RCPT TO:<bert> NOTIFY=success\r\n" +
		"DATA\r\n" +
		"Subject: x\r\nTo: anna\r\nMessage-ID: <1@x>\r\n" +
		"From: \"The Root\" <root@nas.home.arpa>\r\nDate: Tue, 24 Nov 2026 13:00:00 +0000\r\n" +
		"\r\nhello\r\n..dot\r\nno end\r\n.\r\nQUIT\r\n"
	if got := <-s.received; got != want {
		t.Errorf("the server received\n%s\nwant\n%s", got, want)
	}
}

// TestManyRecipients: a server accepts 1000 at once, and one that is refused does not affect the
// others.
func TestManyRecipients(t *testing.T) {
	s := &scripted{refuse: map[string]string{"RCPT TO:<u7>": "550 5.1.1 no such mailbox"}}
	way := s.serve(t)
	args := []string{"-i"}
	for i := range 2001 {
		args = append(args, fmt.Sprintf("u%d", i))
	}
	err := submit(t, []Way{way}, "Subject: x\n\nhello\n", args...)
	check(t, err, ExNoUser, "u7: 550 5.1.1")
	received := strings.Split(<-s.received, "MAIL FROM:")
	var each []int
	for _, transaction := range received[1:] {
		each = append(each, strings.Count(transaction, "RCPT TO:"))
		if !strings.Contains(transaction, "\r\nhello\r\n.\r\n") {
			t.Errorf("a transaction has no message: %q", transaction[max(0, len(transaction)-200):])
		}
	}
	if !slices.Equal(each, []int{1000, 1000, 1}) {
		t.Errorf("the recipients of each transaction are %d", each)
	}
}

// TestExitCodes: what callers decide by.
func TestExitCodes(t *testing.T) {
	anna := []string{"anna"}
	for _, tt := range []struct {
		name   string
		lmtp   bool
		refuse map[string]string
		input  string
		args   []string
		want   int // 0: no error
		says   string
	}{
		{"all is well", false, nil, "x\n", anna, 0, ""},
		{"all is well by LMTP", true, nil, "x\n", []string{"anna", "bert"}, 0, ""},
		{"nobody of that name", false, map[string]string{"RCPT": "550 5.1.1 no such mailbox"}, "x\n", anna, ExNoUser, "anna: 550 5.1.1 no such mailbox"},
		{"another house", false, map[string]string{"RCPT": "550 5.7.1 not for this house"}, "x\n", anna, ExUnavailable, "not for this house"},
		{"one of two refused", false, map[string]string{"RCPT TO:<bert>": "550 5.1.1 nobody"}, "x\n", []string{"anna", "bert"}, ExNoUser, "bert: 550"},
		{"one refused for good, one for now", false, map[string]string{"RCPT TO:<bert>": "550 5.1.1 nobody", "RCPT TO:<carla>": "452 4.2.2 full"}, "x\n",
			[]string{"anna", "carla", "bert"}, ExNoUser, "carla: 452 4.2.2 full\nbert: 550"},
		{"a full server", false, map[string]string{"MAIL": "452 4.3.1 full"}, "x\n", anna, ExTempFail, "the server refuses the message: 452 4.3.1 full"},
		{"too large", false, map[string]string{"MAIL": "552 5.3.4 too large"}, "x\n", anna, ExUnavailable, "552"},
		{"a login is asked for", false, map[string]string{"MAIL": "530 5.7.0 log in"}, "x\n", anna, ExNoPerm, "530"},
		{"refused at the end", false, map[string]string{".": "452 4.3.1 full"}, "x\n", anna, ExTempFail, "452"},
		{"refused at the end for one", true, map[string]string{".": "451 4.3.0 later"}, "x\n", []string{"anna", "bert"}, ExTempFail, "bert: 451"},
		{"no DATA", false, map[string]string{"DATA": "554 5.0.0 no"}, "x\n", anna, ExUnavailable, "554"},
		{"hung up at hello", false, map[string]string{"EHLO": "hang up"}, "x\n", anna, ExTempFail, "closed the connection"},
		{"hung up at the end", false, map[string]string{".": "hang up"}, "x\n", anna, ExTempFail, "may or may not have been stored"},
		{"a reply that is none", false, map[string]string{"MAIL": "what?"}, "x\n", anna, ExTempFail, ""},
		{"no recipient in the header", false, nil, "Subject: x\n\nx\n", []string{"-t"}, ExDataErr, "no recipients"},
		{"no recipient at all", false, nil, "x\n", nil, ExUsage, "-t"},
		{"an address that is none", false, nil, "x\n", []string{"<anna bert>"}, ExDataErr, "Bad address syntax"},
		{"a sender that is none", false, nil, "x\n", []string{"-f", "a\nb", "anna"}, ExDataErr, "Bad address syntax"},
		{"an odd receipt", false, nil, "x\n", []string{"-N", "SUCCESS X=Y", "anna"}, ExUsage, "-N"},
		{"a header without end", false, nil, strings.Repeat("X: "+strings.Repeat("x", 1000)+"\n", 300), anna, ExDataErr, "longer than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scripted{lmtp: tt.lmtp, refuse: tt.refuse}
			check(t, submit(t, []Way{s.serve(t)}, tt.input, tt.args...), tt.want, tt.says)
		})
	}
}

func check(t *testing.T, err error, want int, says string) {
	t.Helper()
	var e *Error
	switch {
	case want == 0:
		if err != nil {
			t.Errorf("got %v", err)
		}
	case !errors.As(err, &e) || e.Code != want || !strings.Contains(e.Text, says):
		t.Errorf("got %#v; want code %d, %q", err, want, says)
	}
}

// TestWays: the first way that answers gets the message, and a guessed one only if it is pillarbox.
func TestWays(t *testing.T) {
	nobody := Way{Network: "unix", Address: filepath.Join(t.TempDir(), "none")}
	check(t, submit(t, nil, "x\n", "anna"), ExNoPerm, "listen_lmtp")
	check(t, submit(t, []Way{nobody}, "x\n", "anna"), ExTempFail, "is pillarbox running?")

	other, ours := &scripted{greeting: "220 nas ESMTP Postfix"}, &scripted{}
	guess := other.serve(t)
	guess.Guessed = true
	check(t, submit(t, []Way{nobody, guess, ours.serve(t)}, "x\n", "anna"), 0, "")
	if got := <-other.received; got != "" {
		t.Errorf("another mail server received %q", got)
	}
	if got := <-ours.received; !strings.Contains(got, "RCPT TO:<anna>") {
		t.Errorf("the server received %q", got)
	}

	busy := &scripted{greeting: "421 4.7.0 too many connections"}
	check(t, submit(t, []Way{busy.serve(t)}, "x\n", "anna"), ExTempFail, "421")
}

// TestReceiptsGoBySMTP: LMTP has no receipts.
func TestReceiptsGoBySMTP(t *testing.T) {
	lmtp, smtp := &scripted{lmtp: true}, &scripted{}
	ways := []Way{lmtp.serve(t), smtp.serve(t)}
	check(t, submit(t, ways, "x\n", "-N", "success", "anna"), 0, "")
	if got := <-smtp.received; !strings.Contains(got, "NOTIFY=success") {
		t.Errorf("received %q", got)
	}
}

// TestSenders: -f in all its forms.
func TestSenders(t *testing.T) {
	for _, tt := range []struct{ flag, mail, from string }{
		{"", "<root>", `From: "The Root" <root@nas.home.arpa>`},
		{"-fanna@home.arpa", "<anna@home.arpa>", "From: anna@home.arpa"},
		{"-f<>", "<>", "From: MAILER-DAEMON@nas.home.arpa"},
		{"-f", "<>", "From: MAILER-DAEMON@nas.home.arpa"},
		{"-rAnna <anna>", "<anna>", "From: anna@nas.home.arpa"},
		{"-FJörg\r\nX: y", "<root>", "From: =?utf-8?q?J=C3=B6rg__X:_y?= <root@nas.home.arpa>"},
		{`-FA "B"`, "<root>", `From: "A \"B\"" <root@nas.home.arpa>`},
	} {
		s := &scripted{}
		args := []string{tt.flag, "anna"}
		switch tt.flag {
		case "":
			args = args[1:]
		case "-f":
			args = []string{"-f", "", "anna"}
		}
		check(t, submit(t, []Way{s.serve(t)}, "Subject: x\n\n", args...), 0, "")
		got := <-s.received
		if !strings.Contains(got, "MAIL FROM:"+tt.mail+" ") || !strings.Contains(got, "\r\n"+tt.from+"\r\n") {
			t.Errorf("%q: received\n%s", tt.flag, got)
		}
	}
}

// TestLargeLetter: what does not fit into memory goes through a file, octet by octet.
func TestLargeLetter(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	body := strings.Repeat(".0123456789\n", 100_000)
	s := &scripted{}
	check(t, submit(t, []Way{s.serve(t)}, "Subject: x\n\n"+body, "anna"), 0, "")
	got := <-s.received
	if want := strings.ReplaceAll(body, ".0123456789\n", "..0123456789\r\n"); !strings.Contains(got, "\r\n\r\n"+want+".\r\nQUIT") {
		t.Errorf("the server received %d octets", len(got))
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	check(t, submit(t, nil, body, "anna"), ExOSErr, "no space")
}

func TestTooLargeLetter(t *testing.T) {
	_, err := collect(strings.NewReader("x\ny\n"), true, 6)
	check(t, err, 0, "")
	_, err = collect(strings.NewReader("x\ny\nz"), true, 6)
	check(t, err, ExUnavailable, "exceeds the size limit")
}

// TestOtherModes: there is no queue.
func TestOtherModes(t *testing.T) {
	var out bytes.Buffer
	check(t, (&Call{Options: &Options{Mode: ShowQueue}, Output: &out}).Do(), 0, "")
	if out.String() != "Mail queue is empty\n" {
		t.Errorf("it says %q", out.String())
	}
	check(t, (&Call{Options: &Options{Mode: Nothing}}).Do(), 0, "")
	check(t, (&Call{Options: &Options{Mode: Dialogue}, Ways: []Way{{LMTP: true}}}).Do(), ExUnavailable, "login")
	s := &scripted{}
	out.Reset()
	check(t, (&Call{Options: &Options{Mode: Dialogue}, Hostname: "nas", Ways: []Way{s.serve(t)},
		Input: strings.NewReader("NOOP\r\n"), Output: &out}).Do(), 0, "")
}
