package sendmail

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// delivered returns the recipients that s stored a message for, in order.
func (s *scripted) delivered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stored
}

// TestOthersGetTheMessage: whatever is wrong with some recipients, the others get the message once,
// and exit code and error report the rest.
func TestOthersGetTheMessage(t *testing.T) {
	many := func(n int, more ...string) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("bad%d", i))
		}
		return append(names, more...)
	}
	unknown := map[string]string{"RCPT TO:<bad": "550 5.1.1 no such mailbox"}
	for _, tt := range []struct {
		name   string
		server *scripted
		header string
		args   []string
		want   string
		code   int
		says   string
	}{
		{"a bad address in the header", &scripted{}, "To: anna, <bert carla>, Otto <otto>\n", []string{"-t"}, "anna otto", ExDataErr, `"<bert carla>": Bad address syntax`},
		{"a quote that is not closed in another field", &scripted{}, "To: \"Bell <anna>\nCc: otto\n", []string{"-t"}, "otto", ExDataErr, "not closed"},
		{"a bad argument", &scripted{}, "", []string{"anna", "<otto", "carla"}, "anna carla", ExDataErr, `"<otto": Bad address syntax`},
		{"a bad argument beside the header", &scripted{}, "To: anna\n", []string{"-t", "a>b"}, "anna", ExDataErr, "a>b"},
		{"one unknown", &scripted{refuse: unknown}, "", []string{"bad", "anna"}, "anna", ExNoUser, "bad: 550 5.1.1"},
		{"one unknown, LMTP", &scripted{lmtp: true, refuse: unknown}, "", []string{"anna", "bad", "otto"}, "anna otto", ExNoUser, "bad: 550 5.1.1"},
		{"a whole transaction of unknown ones", &scripted{refuse: unknown}, "", many(atOnce, "anna"), "anna", ExNoUser, "bad999: 550"},
		{"so many that the server ends the connection", &scripted{patience: 20, refuse: unknown}, "", many(45, "anna"), "anna", ExNoUser, "bad44: 550"},
		{"the same, and one was accepted before", &scripted{patience: 20, refuse: unknown}, "", append([]string{"anna"}, many(45, "otto")...), "anna otto", ExNoUser, "bad44: 550"},
		{"more than the server accepts", &scripted{most: 2}, "", []string{"a", "b", "c", "d", "e"}, "a b c d e", 0, ""},
		{"a mailbox is full, a name unknown", &scripted{refuse: map[string]string{"RCPT TO:<full": "452 4.2.2 full", "RCPT TO:<bad": "550 5.1.1 no"}}, "",
			[]string{"full", "bad", "anna"}, "anna", ExNoUser, "full: 452 4.2.2 full\nbad: 550"},
		{"nobody has it, so that trying again helps", &scripted{refuse: map[string]string{"RCPT TO:<full": "452 4.2.2 full", "RCPT TO:<bad": "550 5.1.1 no"}}, "",
			[]string{"bad", "full"}, "", ExTempFail, "bad: 550 5.1.1 no\nfull: 452"},
		{"DATA refused, and an unknown one", &scripted{refuse: map[string]string{"RCPT TO:<bad": "550 5.1.1 no", "DATA": "452 4.3.1 full"}}, "",
			[]string{"bad", "anna"}, "", ExTempFail, "bad: 550 5.1.1 no\nthe server refuses the message: 452"},
		{"broken at the end, and an unknown one", &scripted{refuse: map[string]string{"RCPT TO:<bad": "550 5.1.1 no", ".": "hang up"}}, "",
			[]string{"bad", "anna"}, "", ExTempFail, "may or may not have been stored"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := submit(t, []Way{tt.server.serve(t)}, tt.header+"\nhello\n", append([]string{"-i"}, tt.args...)...)
			check(t, err, tt.code, tt.says)
			if got, want := tt.server.delivered(), strings.Fields(tt.want); !slices.Equal(got, want) {
				t.Errorf("delivered to %q, want %q", got, want)
			}
		})
	}
}

// TestProgramsThatWriteHeaders: the recipients that sendmail -t finds in what programs write.
func TestProgramsThatWriteHeaders(t *testing.T) {
	for _, tt := range []struct{ name, header, want string }{
		{"cron of Debian", "From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@nas> test -x /usr/sbin/anacron\nX-Cron-Env: <SHELL=/bin/sh>\n", "root"},
		{"cronie", "From: \"(Cron Daemon)\" <root>\nTo: anna,bert@home.arpa\nSubject: Cron <root@nas> backup\nAuto-Submitted: auto-generated\n", "anna bert@home.arpa"},
		{"cron of busybox", "To: root\nSubject: cron: /usr/bin/backup\n", "root"},
		{"smartd, a script from its examples", "Subject: SMART error (EmailTest) detected on host: nas\nTo: root, anna@home.arpa\n", "root anna@home.arpa"},
		{"smartd, a NAS that writes its list as it is", "From: NAS <nas@home.arpa>\nTo: root anna@home.arpa\nSubject: SMART error\n", "root anna@home.arpa"},
		{"mdadm", "From: mdadm monitoring <root>\nTo: root\nSubject: Fail event on /dev/md0:nas\n", "root"},
		{"logwatch", "To: root\nTo: anna@home.arpa,\nFrom: Logwatch\nSubject: Logwatch for nas (Linux)\nMIME-Version: 1.0\n", "root anna@home.arpa"},
		{"unattended-upgrades", "Subject: [package on hold] unattended-upgrades result for nas: SUCCESS\nTo: root\nAuto-Submitted: auto-generated\n", "root"},
		{"PHP 8, lines with CRLF", "To: Anna Bell <anna@home.arpa>, \"Otto, B.\" <otto@home.arpa>\r\nSubject: x\r\nX-PHP-Originating-Script: 0:mail.php\r\nCc: =?UTF-8?B?SsO2cmc=?= <joerg@home.arpa>\r\nBcc: carla\r\n",
			"anna@home.arpa otto@home.arpa joerg@home.arpa carla"},
		{"PHP, both kinds of line ends", "To: anna@home.arpa\nSubject: x\nFrom: web@home.arpa\r\nReply-To: web@home.arpa\r\n", "anna@home.arpa"},
		{"PHP, a list of a form", "To: anna@home.arpa; otto@home.arpa;\nSubject: x\n", "anna@home.arpa otto@home.arpa"},
		{"a group", "To: Family: anna, Otto <otto>;\nCc: undisclosed-recipients:;\nSubject: x\n", "anna otto"},
		{"comments", "To: anna (Anna, at home), (The (old) one) otto\nSubject: x\n", "anna otto"},
		{"folded", "To: Anna Bell\n <anna@home.arpa>,\n\totto\nSubject: x\n", "anna@home.arpa otto"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &scripted{}
			check(t, submit(t, []Way{s.serve(t)}, tt.header+"\nhello\n", "-t", "-i"), 0, "")
			if got := s.delivered(); strings.Join(got, " ") != tt.want {
				t.Errorf("delivered to %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNameOfACaller: users whose names are not dot-strings, as those of a Windows domain, can send.
func TestNameOfACaller(t *testing.T) {
	for _, tt := range []struct{ user, want string }{
		{"www-data", "www-data"}, {`NAS\anna`, `"NAS\\anna"`}, {"anna bell", `"anna bell"`}, {`a"b`, `"a\"b"`},
	} {
		s := &scripted{}
		o := &Options{Recipients: []string{"root"}}
		err := (&Call{Options: o, User: tt.user, Hostname: "nas", Input: strings.NewReader("x\n"), Ways: []Way{s.serve(t)}}).Do()
		check(t, err, 0, "")
		if got := <-s.received; !strings.Contains(got, "MAIL FROM:<"+tt.want+">") {
			t.Errorf("%q: the server received %q", tt.user, got)
		}
	}
}
