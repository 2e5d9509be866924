package smtpd_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
)

// patient is a smtpd.RecipientLimit that lets three unknown recipients pass.
type patient struct{ asked, found int }

func (p *patient) Await(_ context.Context, conn net.Conn) error {
	if conn == nil {
		panic("no connection")
	}
	if p.asked++; p.asked-p.found > 3 {
		return smtpd.ErrManyUnknown
	}
	return nil
}

func (p *patient) Found(net.Conn) { p.found++ }

// TestRecipientLimit: unknown recipients count, others do not, and those of a client that is logged
// in never do.
func TestRecipientLimit(t *testing.T) {
	server, _ := newServer(new(backend))
	limit := new(patient)
	server.Recipients = limit
	const dialogue = "EHLO client\r\n%sMAIL FROM:<>\r\nRCPT TO:<a>\r\nRCPT TO:<anna>\r\nRCPT TO:<full>\r\nRCPT TO:<a@example.com>\r\n" +
		"RCPT TO:<b>\r\nRCPT TO:<c>\r\nRCPT TO:<d>\r\nRCPT TO:<anna>\r\nQUIT\r\n"
	codes := func(login string) (codes []string) {
		for _, reply := range say(t, server, strings.Replace(dialogue, "%s", login, 1)) {
			if code := reply[:min(len(reply), 9)]; strings.Contains("45", reply[:1]) {
				codes = append(codes, code)
			}
		}
		return codes
	}
	if got, want := strings.Join(codes(""), ", "), "550 5.1.1, 452 4.2.2, 550 5.7.1, 550 5.1.1, 550 5.1.1, 450 4.7.1, 450 4.7.1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	asked := limit.asked
	if got, want := strings.Join(codes("AUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\n"), ", "), "550 5.1.1, 452 4.2.2, 550 5.7.1, 550 5.1.1, 550 5.1.1, 550 5.1.1"; got != want {
		t.Errorf("logged in: got %s, want %s", got, want)
	}
	if limit.asked != asked {
		t.Error("the limit counts a client that is logged in")
	}
}

// TestRevokedLogin: MAIL is refused if the login of the client is no longer valid.
func TestRevokedLogin(t *testing.T) {
	server, _ := newServer(new(backend))
	holds := true
	server.LoginHolds = func(conn net.Conn) bool {
		before := holds
		holds = false // after the first MAIL
		return before
	}
	replies := say(t, server, "EHLO client\r\nAUTH PLAIN AGFubmEAYSBzZWNyZXQ=\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\nQUIT\r\n")
	if got := replies[len(replies)-4:]; !strings.HasPrefix(got[0], "250 2.1.0") || !strings.HasPrefix(got[2], "530 5.7.0") {
		t.Errorf("got %q", got)
	}
	replies = say(t, server, "EHLO client\r\nMAIL FROM:<>\r\nQUIT\r\n")
	if got := replies[len(replies)-2]; !strings.HasPrefix(got, "250 2.1.0") {
		t.Errorf("without a login: %q", got)
	}
}
