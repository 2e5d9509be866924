package appliance

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/outbound"
	session "pillarbox/appliance/outbound/link"
	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
	"pillarbox/pop3/wire"
)

// A provider is an outgoing server that takes mail for everybody but nobody@.
type provider struct {
	addr string

	mu       sync.Mutex
	taken    []taken
	arrived  chan struct{}
	refusing error // of every recipient
}

type taken struct{ from, to, text string }

func startProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{arrived: make(chan struct{}, 100)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	server := &smtpd.Server{
		Hostname: "smtp.example.org", TLS: pop3test.TLS(t, ""), Auth: p, Router: p, Spooler: p, RequireAuth: true,
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { server.ServeConn(context.Background(), conn, true) })
		}
	})
	t.Cleanup(func() { l.Close(); group.Wait() })
	return p
}

func (p *provider) Authenticate(_ context.Context, c smtpd.Credentials) (string, error) {
	if c.User != "anna@example.org" || c.Password != "app password" {
		return "", smtpd.ErrAuth
	}
	return c.User, nil
}

func (p *provider) Mailboxes(_ context.Context, to smtpd.Path, _ *smtpd.Envelope) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusing != nil {
		return nil, p.refusing
	}
	if to.Local == "nobody" {
		return nil, smtpd.ErrUnknown
	}
	return []string{to.String()}, nil
}

func (p *provider) Room(context.Context, *smtpd.Envelope) error { return nil }

func (p *provider) Begin(_ context.Context, e *smtpd.Envelope, to []smtpd.Recipient) (smtpd.Delivery, error) {
	return &toProvider{p: p, from: e.From.String(), to: to}, nil
}

type toProvider struct {
	p    *provider
	from string
	to   []smtpd.Recipient
	text bytes.Buffer
}

func (d *toProvider) Write(b []byte) (int, error) { return d.text.Write(b) }
func (d *toProvider) Abort()                      {}
func (d *toProvider) Commit(context.Context, wire.Shape) error {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	_, text, _ := strings.Cut(d.text.String(), "+0000\r\n") // behind the provider's own Received
	if i := strings.Index(d.text.String(), "Received: by localhost"); i >= 0 {
		text = d.text.String()[i:]
	}
	for _, r := range d.to {
		d.p.taken = append(d.p.taken, taken{d.from, r.Mailbox, text})
		d.p.arrived <- struct{}{}
	}
	return nil
}

// withRemote returns settings with a remote account of anna.
func withRemote(t *testing.T, state string, p *provider) (*config.Config, Options) {
	t.Helper()
	c := settings(state)
	c.Remote = map[string]config.Remote{"anna-mail": {
		Owner: "anna", Address: []string{"anna@example.org"}, User: "anna@example.org", Fetch: config.FetchNone,
		Send: true, PerDay: 100, Outgoing: p.addr,
	}}
	if err := secret.Save(state, "anna-mail", &secret.Secret{Outgoing: p.addr, Password: "app password"}); err != nil {
		t.Fatal(err)
	}
	return c, Options{dialOutgoing: func(ctx context.Context, target session.Target) (outbound.Session, error) {
		conn, err := net.Dial("tcp", target.Server)
		if err != nil {
			return nil, err
		}
		s, err := smarthost.Open(ctx, conn, smarthost.Options{TLS: &tls.Config{InsecureSkipVerify: true}, Implicit: true, Login: target.Login})
		if err != nil {
			return nil, err
		}
		return s, nil
	}}
}

// auth returns AUTH PLAIN for an account whose password is its name.
func auth(user string) string {
	return "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+user))
}

func awaitOne(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrives")
	}
}

// TestSendOut: a message of a user for one here, one elsewhere and one that does not exist there:
// two are delivered, and the sender has a report about the third.
func TestSendOut(t *testing.T) {
	p, state := startProvider(t), t.TempDir()
	family(t, state, "anna", "otto")
	c, opts := withRemote(t, state, p)
	b := start(t, c, opts)
	client := b.dial("smtp.listen_tls")
	client.must("EHLO laptop.lan", auth("anna"), "MAIL FROM:<anna@example.org>",
		"RCPT TO:<otto@home.arpa>", "RCPT TO:<bob@example.net>", "RCPT TO:<nobody@example.net>", "DATA")
	client.content("From: anna@example.org\r\nSubject: out\r\n\r\n.dot\r\n")
	client.must(".", "QUIT")
	awaitOne(t, p.arrived)
	b.await("delivery report stored", 1)

	p.mu.Lock()
	got := p.taken[0]
	p.mu.Unlock()
	if got.from != "anna@example.org" || got.to != "bob@example.net" || !strings.Contains(got.text, "From: anna@example.org\r\nSubject: out\r\n\r\n..dot\r\n.\r\n") {
		t.Errorf("taken %+v", got)
	}
	for _, secret := range []string{"127.0.0.1", "laptop", "authenticated", "nas.home.arpa", "X-Pillarbox"} {
		if strings.Contains(got.text, secret) {
			t.Errorf("%q left the house:\n%s", secret, got.text)
		}
	}
	for user, want := range map[string]string{"otto": "(authenticated anna)", "anna": "Action: failed"} {
		client := b.login("pop3.listen", user)
		client.must("RETR 1")
		text, err := client.ReadDotBytes()
		if err != nil || !bytes.Contains(text, []byte(want)) {
			t.Errorf("%s has %q, %v; want %q in it", user, text, err, want)
		}
	}
	b.await("message sent", 1)
	if err := b.stop(); err != nil { // it removes what was sent
		t.Fatal(err)
	}
	if start(t, c, opts).remote.sending.queued() {
		t.Error("the queue is not empty")
	}
}

// TestNoOpenRelay: what may not leave is refused at RCPT or at the end of the message, at every
// listener, and nothing reaches the provider.
func TestNoOpenRelay(t *testing.T) {
	p, state := startProvider(t), t.TempDir()
	family(t, state, "anna", "otto")
	c, opts := withRemote(t, state, p)
	b := start(t, c, opts)
	for _, key := range []string{"smtp.listen", "smtp.listen_tls", "smtp.listen_lmtp"} {
		for _, row := range []struct{ user, from, header string }{
			{"", "anna@example.org", ""}, {"", "root", ""}, {"", "", ""},
			{"otto", "anna@example.org", ""}, {"otto", "otto@home.arpa", ""}, {"otto", "", ""},
			{"anna", "anna@home.arpa", ""}, {"anna", "anna", ""}, {"anna", "otto@example.org", ""},
			{"anna", "anna@example.org", "From: otto@example.org"}, {"anna", "anna@example.org", "Subject: no From"},
		} {
			name := fmt.Sprintf("%s %+v", key, row)
			client := b.dial(key)
			client.must(map[bool]string{true: "LHLO x", false: "EHLO x"}[key == "smtp.listen_lmtp"])
			if row.user != "" {
				client.must(auth(row.user))
			}
			if answer := client.say("MAIL FROM:<%s>", row.from); answer[0] != '2' {
				continue // a login is asked for
			}
			answer := client.say("RCPT TO:<bob@example.net>")
			if row.header == "" {
				if !strings.HasPrefix(answer, "550 5.7.1 Relaying denied") {
					t.Errorf("%s: RCPT is answered %q", name, answer)
				}
				continue
			}
			client.must("DATA")
			client.content(row.header + "\r\n\r\ntext\r\n")
			if answer := client.say("."); !strings.HasPrefix(answer, "550 5.7.1 Relaying denied") {
				t.Errorf("%s: the message is answered %q", name, answer)
			}
		}
	}
	if b.remote.sending.queued() || len(p.taken) > 0 {
		t.Errorf("queued %v, taken %+v", b.remote.sending.queued(), p.taken)
	}
}

// TestCopiedQueue: a copy of the state directory sends nothing until it is told to.
func TestCopiedQueue(t *testing.T) {
	p, state := startProvider(t), t.TempDir()
	family(t, state, "anna")
	c, opts := withRemote(t, state, p)
	p.refusing = smtpd.ErrFull
	b := start(t, c, opts)
	client := b.dial("smtp.listen_tls")
	client.must("EHLO x", auth("anna"), "MAIL FROM:<anna@example.org>", "RCPT TO:<bob@example.net>", "DATA")
	client.content("From: anna@example.org\r\n\r\ntext\r\n")
	client.must(".", "QUIT")
	b.await("message deferred", 1)
	b.stop()
	p.mu.Lock()
	p.refusing = nil
	p.mu.Unlock()

	copied := filepath.Join(t.TempDir(), "copy")
	copyTree(t, state, copied)
	c2, opts := withRemote(t, copied, p)
	b = start(t, c2, opts)
	list, err := b.remote.sending.List()
	if err != nil || len(list) != 1 || !list[0].Held {
		t.Fatalf("list %+v, %v", list, err)
	}
	if !b.logged("outgoing mail is held, because the state directory was copied or put back, or by a command: look at it, then release it") {
		t.Error("the log does not say so")
	}
	if _, err := b.remote.sending.Do(t.Context(), outbound.Release, outbound.Selection{All: true}); err != nil {
		t.Fatal(err)
	}
	awaitOne(t, p.arrived)
}
