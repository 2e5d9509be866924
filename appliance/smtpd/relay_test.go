package smtpd_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
	"pillarbox/pop3/wire"
)

// relay lets anna send as anna@example.org, and a printer without a login; later and strange are
// errors.
type relay struct{}

func (relay) Outgoing(_ context.Context, e *smtpd.Envelope) (smtpd.Outgoing, error) {
	printer := e.From.Local == "printer"
	o := smtpd.Outgoing{Account: "anna-mail", From: e.From, MaxSize: 2000, Header: checked}
	switch {
	case e.User == "" && printer:
		o.From, o.Recipients, o.Header = smtpd.Path{Local: "anna", Domain: "example.org"}, 1, rewritten
		return o, nil
	case e.User == "":
		return smtpd.Outgoing{}, smtpd.ErrForeign
	case e.Clear:
		return smtpd.Outgoing{}, errors.New("the loopback is not a network")
	case e.From.Local == "later":
		return smtpd.Outgoing{}, &smtpd.Denied{Reason: "the limit is reached", Temporary: true}
	case e.From.Local == "strange":
		return smtpd.Outgoing{}, errors.New("the relay burns")
	case e.From.Domain != "example.org":
		return smtpd.Outgoing{}, &smtpd.Denied{Reason: "send as <anna@example.org>"}
	}
	return o, nil
}

// checked refuses a header that does not begin with the right From.
func checked(header []byte) ([]byte, error) {
	if !bytes.HasPrefix(header, []byte("From: anna@example.org\r\n")) {
		return nil, &smtpd.Denied{Reason: "write as <anna@example.org>"}
	}
	return header, nil
}

func rewritten(header []byte) ([]byte, error) {
	return append([]byte("From: <anna@example.org>\r\nX-Was: "), append(bytes.ReplaceAll(header, []byte("\r\n"), []byte("|")), "\r\n"...)...), nil
}

// TestEditedShape: the sizes that are stored are those of what was stored, also of a changed
// header.
func TestEditedShape(t *testing.T) {
	for _, story := range []string{"device", "user"} {
		text, err := os.ReadFile("testdata/relay/" + story + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		h := new(backend)
		server, _ := newServer(h)
		server.Relay = relay{}
		t.Run(story, func(t *testing.T) { pop3test.RunAll(t, pop3test.Serve(t, server.ServeConn, false), string(text)) })
		for _, m := range h.messages() {
			if !strings.HasPrefix(m.mailbox, "elsewhere") {
				continue
			}
			var s wire.Scanner
			s.Scan(nil, []byte(m.wire))
			want := s.Shape()
			if m.shape.Octets != want.Octets || m.shape.Stored != want.Stored || m.shape.Header != want.Header {
				t.Errorf("%s: octets %d, stored %d, header %d; measured %d, %d, %d", m.mailbox,
					m.shape.Octets, m.shape.Stored, m.shape.Header, want.Octets, want.Stored, want.Header)
			}
		}
	}
}
