package mailhost

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/cmd/pillarbench/client"
)

// started is a provider with two mailboxes of three messages, and the events so far.
type started struct {
	*Provider
	deleted []uint64
	taken   []string
}

func start(t *testing.T) *started {
	t.Helper()
	s := &started{}
	p, err := Start(Events{
		Deleted: func(_ string, number uint64) { s.deleted = append(s.deleted, number) },
		Taken: func(text []byte, to string) bool {
			s.taken = append(s.taken, fmt.Sprint(to, len(text)))
			return to != "no@a"
		},
	}, Login{"pop", POP3}, Login{"imap", IMAP})
	if err != nil {
		t.Fatal(err)
	}
	s.Provider = p
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := range 3 {
		for _, user := range []string{"pop", "imap"} {
			if err := p.Mailbox(user).Offer(client.Message{Number: uint64(i + 1), Octets: 500}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// dial connects, and compares the certificate with the pin.
func (s *started) dial(t *testing.T, port int) net.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(conn.ConnectionState().PeerCertificates[0].Raw); hex.EncodeToString(sum[:]) != s.Pin {
		t.Errorf("the certificate has %x, the pin is %s", sum, s.Pin)
	}
	return conn
}

// TestPOP3: what was marked is deleted by QUIT, and by no other end.
func TestPOP3(t *testing.T) {
	s := start(t)
	for _, quit := range []bool{false, true} {
		p := client.NewPOP3(s.dial(t, s.POP3))
		p.Reply()
		for _, command := range []string{"USER pop", "PASS " + client.Password} {
			if err := p.Command(command); err != nil {
				t.Fatal(err)
			}
		}
		uids, err := p.UIDs()
		if err != nil || !slices.Equal(uids, []string{"uid-1", "uid-2", "uid-3"}) {
			t.Fatalf("%v, %v", uids, err)
		}
		if text, err := p.Retrieve(2); err != nil || string(text) != string(client.Message{Number: 2, Octets: 500}.Content()) {
			t.Errorf("%q, %v", text, err)
		}
		if quit {
			err = p.Delete([]int{2})
		} else {
			err = p.Command("DELE 1")
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
	}
	s.Drain()
	if want := (Count{Offered: 3, Retrieved: 2, Deleted: 1, Left: 2}); s.Mailbox("pop").Count() != want || !slices.Equal(s.deleted, []uint64{2}) {
		t.Errorf("%+v, deleted %v", s.Mailbox("pop").Count(), s.deleted)
	}
}

// TestIMAP: UID EXPUNGE deletes what it names.
func TestIMAP(t *testing.T) {
	s := start(t)
	c := imapclient.New(s.dial(t, s.IMAP), nil)
	if err := c.Login("imap", client.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	three := imap.UIDSetNum(3)
	messages, err := c.Fetch(three, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
	if err != nil || len(messages) != 1 || string(messages[0].BodySection[0].Bytes) != string(client.Message{Number: 3, Octets: 500}.Content()) {
		t.Fatalf("%+v, %v", messages, err)
	}
	if err := c.Store(three, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.UIDExpunge(three).Close(); err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.Drain()
	if want := (Count{Offered: 3, Retrieved: 1, Deleted: 1, Left: 2}); s.Mailbox("imap").Count() != want || !slices.Equal(s.deleted, []uint64{3}) {
		t.Errorf("%+v, deleted %v", s.Mailbox("imap").Count(), s.deleted)
	}
}

// TestSMTP: a message is taken for each recipient before the reply; without a login there is none.
func TestSMTP(t *testing.T) {
	s := start(t)
	stranger := client.NewSender(s.dial(t, s.SMTP))
	if err := stranger.Hello("EHLO"); err != nil {
		t.Fatal(err)
	}
	if err := stranger.Envelope([]string{"bob@b"}); err == nil {
		t.Error("a stranger may send")
	}
	stranger.Close()
	c, err := client.DialSubmission(fmt.Sprintf("127.0.0.1:%d", s.SMTP), "pop", client.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := client.Message{Number: 1, Octets: 500}
	if err := c.Deliver(l, "bob@b", "carl@c"); err != nil {
		t.Fatal(err)
	}
	n := len(l.Content())
	if want := []string{fmt.Sprint("bob@b", n), fmt.Sprint("carl@c", n)}; !slices.Equal(s.taken, want) {
		t.Errorf("taken %v, want %v", s.taken, want)
	}
	if err := c.Deliver(l, "no@a"); err == nil {
		t.Error("what Taken refuses is accepted")
	}
}
