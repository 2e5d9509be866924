package imapexport

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"pillarbox/appliance/transfer"
)

// A server is an IMAP server in memory with the user anna.
type server struct {
	t        *testing.T
	user     *imapmemserver.User
	cert     tls.Certificate
	listener net.Listener
	refuse   string   // a message with this text in it is refused
	cut      int      // if it is not 0, the connection is cut after that many messages
	late     []letter // arrive one by one, each time that the client asks
	limit    uint32   // if it is not 0, larger messages are refused before they are sent
	appended int
}

// start starts a server. With StartTLS off it has implicit TLS.
func start(t *testing.T, startTLS, offersTLS bool) *server {
	t.Helper()
	s := &server{t: t, user: imapmemserver.NewUser("anna", "secret"), cert: certificate(t)}
	if err := s.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{s.cert}}
	options := &imapserver.Options{Logger: log.New(io.Discard, "", 0), InsecureAuth: true,
		NewSession: func(conn *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{server: s, conn: conn}, nil, nil
		}}
	if offersTLS {
		options.TLSConfig = config
	}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if !startTLS {
		s.listener = tls.NewListener(s.listener, config)
	}
	served := make(chan struct{})
	imap := imapserver.New(options)
	go func() { defer close(served); imap.Serve(s.listener) }()
	t.Cleanup(func() { imap.Close(); <-served })
	return s
}

func certificate(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// A session refuses messages and cuts connections as its server says.
type session struct {
	*imapmemserver.UserSession
	server *server
	conn   *imapserver.Conn
}

func (s *session) Login(user, password string) error {
	if err := s.server.user.Login(user, password); err != nil {
		return err
	}
	s.UserSession = imapmemserver.NewUserSession(s.server.user)
	return nil
}

func (s *session) Close() error {
	if s.UserSession == nil {
		return nil
	}
	return s.UserSession.Close()
}

func (s *session) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if late := s.server.late; len(late) > 0 {
		s.server.late = late[1:]
		text := strings.ReplaceAll(late[0].text, "\n", "\r\n")
		if _, err := s.server.user.Append("INBOX", &literal{strings.NewReader(text), int64(len(text))}, &imap.AppendOptions{Time: late[0].o.Received}); err != nil {
			return err
		}
	}
	return s.UserSession.Poll(w, allowExpunge)
}

func (s *session) AppendLimit() uint32 { return cmp.Or(s.server.limit, 1<<20) }

func (s *session) Append(folder string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if s.server.refuse != "" && strings.Contains(string(text), s.server.refuse) {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Text: "Message contains bad words"}
	}
	data, err := s.server.user.Append(folder, &literal{strings.NewReader(string(text)), int64(len(text))}, options)
	s.server.appended++
	if s.server.cut > 0 && s.server.appended%s.server.cut == 0 { // stored, but without a reply
		s.conn.NetConn().Close()
	}
	return data, err
}

type literal struct {
	*strings.Reader
	size int64
}

func (l *literal) Size() int64 { return l.size }

func (s *server) options() Options {
	roots := x509.NewCertPool()
	roots.AddCert(s.cert.Leaf)
	return Options{Password: "secret", Roots: roots}
}

func (s *server) target(folder string) Target {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	return Target{Host: host, Port: port, User: "anna", Folder: folder}
}

// A letter is a message of a mailbox.
type letter struct {
	text string
	o    transfer.Origin
}

// export exports letters to a folder, to the end or to an error.
func (s *server) export(folder string, letters []letter) (*Mailbox, error) {
	m, err := Open(s.target(folder), s.options())
	if err != nil {
		return nil, err
	}
	for i, l := range letters {
		octets, err := transfer.OctetsOf(strings.NewReader(l.text))
		if err != nil {
			return m, err
		}
		m.Wants(fmt.Sprint("u", i), octets)
		if err := m.Take(fmt.Sprint("u", i), l.o, strings.NewReader(l.text)); err != nil {
			m.Finish() // the first error counts
			m.client.Close()
			return m, err
		}
	}
	if err := m.Finish(); err != nil {
		m.client.Close()
		return m, err
	}
	return m, m.Close()
}

// all returns what a folder has, with lines that end in LF.
func (s *server) all(folder string) (letters []letter) {
	s.t.Helper()
	t := s.target(folder)
	c, err := connect(t, s.options())
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	data, err := c.Select(folder, nil).Wait()
	if err != nil {
		s.t.Fatal(err)
	}
	if data.NumMessages == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	var seqs imap.SeqSet
	seqs.AddRange(1, data.NumMessages)
	list, err := c.Fetch(seqs, &imap.FetchOptions{InternalDate: true, Flags: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range list {
		o := transfer.Origin{Received: m.InternalDate.UTC()}
		for _, flag := range m.Flags {
			o.Seen = o.Seen || flag == imap.FlagSeen
		}
		letters = append(letters, letter{strings.ReplaceAll(string(m.FindBodySection(section)), "\r\n", "\n"), o})
	}
	return letters
}

// household makes letters, some of which are hard to tell apart.
func household() (letters []letter) {
	for i, text := range []string{
		"Message-ID: <1@home.arpa>\nSubject: x\n\nhello\n",
		"Subject: no id\n\none\n",
		"Subject: no id\n\ntwo\n",                          // another message with the same header
		"Message-ID: <1@home.arpa>\nSubject: x\n\nhello\n", // the same message twice
		"\nno header\n",
		"Subject: caf\xc3\xa9\nReceived: from a\n\tby b\nMessage-ID: <2@home.arpa>\n\n.\n..\n" + strings.Repeat("a line\n", 10_000),
	} {
		letters = append(letters, letter{text, transfer.Origin{Received: time.Unix(1_000_000_000+int64(i), 0).UTC(), Seen: i%2 == 1}})
	}
	return letters
}

// TestExport checks that messages arrive octet by octet, with their dates and flags, once.
func TestExport(t *testing.T) {
	s := start(t, false, false)
	want := household()
	for range 2 {
		m, err := s.export("Old mail", want)
		if err != nil || m.Kept+m.Skipped != len(want) || len(m.Refused) > 0 {
			t.Fatalf("%+v, %v", m.Tally, err)
		}
		if got := s.all("Old mail"); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %.300v\nwant %.300v", got, want)
		}
	}
	want = append(want, letter{"Subject: no id\n\nthree\n", want[0].o})
	if m, err := s.export("Old mail", want); err != nil || m.Kept != 1 {
		t.Errorf("%+v, %v", m.Tally, err)
	}
	if got := s.all("Old mail"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %.300v", got)
	}
}

// TestExportCut cuts the connection after each message in turn, without an answer to the last one.
func TestExportCut(t *testing.T) {
	want := household()
	for cut := 1; cut < len(want); cut++ {
		s := start(t, false, false)
		s.cut = cut
		runs := 0
		for ; runs < 20; runs++ {
			if _, err := s.export("INBOX", want); err == nil {
				break
			}
		}
		if got := s.all("INBOX"); !reflect.DeepEqual(got, want) || runs == 0 || runs == 20 {
			t.Errorf("cut after %d, %d runs: got %.300v", cut, runs, got)
		}
	}
}

// TestExportLate has messages of an export that was cut off arrive when the next one has begun.
func TestExportLate(t *testing.T) {
	want := household()
	s := start(t, false, false)
	if _, err := s.export("INBOX", want[:2]); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].o.Seen = want[i].o.Seen && i < 2 // the late ones come without flags
	}
	s.late = want[2:5]
	m, err := s.export("INBOX", want)
	if err != nil || m.Kept != 1 || m.Skipped != 5 {
		t.Errorf("%+v, %v", m.Tally, err)
	}
	if got := s.all("INBOX"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %.300v", got)
	}
}

// TestExportRefused checks that a message that the server refuses is named and harms no other.
func TestExportRefused(t *testing.T) {
	s := start(t, false, false)
	s.refuse = "two"
	m, err := s.export("INBOX", household())
	if err != nil || m.Kept != 5 || len(m.Refused) != 1 || !strings.HasPrefix(m.Refused[0], "u2: ") || !strings.Contains(m.Refused[0], "bad words") {
		t.Errorf("%+v %q, %v", m.Tally, m.Refused, err)
	}
	s.refuse = " "
	var many []letter
	for i := range 2 * mostRefusals {
		many = append(many, letter{fmt.Sprintf("Subject: %d\n\n", i), household()[0].o})
	}
	m, err = s.export("INBOX", many)
	if n := len(m.Refused); err == nil || n < mostRefusals || n >= mostRefusals+mostPending {
		t.Errorf("%d refused, %v", n, err)
	}
}

// TestTrust checks that no password is sent to a server that is not trusted.
func TestTrust(t *testing.T) {
	s := start(t, false, false)
	right, wrong := sha256.Sum256(s.cert.Certificate[0]), sha256.Sum256(nil)
	target := s.target("INBOX")
	elsewhere := target
	elsewhere.Host = "localhost"
	badPassword := s.options()
	badPassword.Password = "guess"
	for _, row := range []struct {
		name   string
		target Target
		o      Options
		want   string // in the error
	}{
		{"roots", target, s.options(), ""},
		{"pin", target, Options{Password: "secret", Pin: right[:]}, ""},
		{"pin, whatever the name", elsewhere, Options{Password: "secret", Pin: right[:]}, ""},
		{"system", target, Options{Password: "secret"}, "-ca FILE or -pin"},
		{"another pin", target, Options{Password: "secret", Pin: wrong[:]}, fmt.Sprintf("%x", right)},
		{"another name", elsewhere, s.options(), "localhost"},
		{"password", target, badPassword, "login as anna"},
	} {
		m, err := Open(row.target, row.o)
		if err == nil {
			m.Close()
		}
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestStartTLS checks that an export goes on with TLS, and without it not at all.
func TestStartTLS(t *testing.T) {
	for _, offers := range []bool{true, false} {
		s := start(t, true, offers)
		target := s.target("INBOX")
		target.StartTLS = true
		m, err := Open(target, s.options())
		if err == nil {
			m.Close()
		}
		if offers != (err == nil) || err != nil && !strings.Contains(err.Error(), "nothing was sent without TLS") {
			t.Errorf("offered %v: %v", offers, err)
		}
	}
}

// TestWrongSize checks that a message that has not the announced size ends the export: the server
// would wait for the rest of it, or take the next command for mail.
func TestWrongSize(t *testing.T) {
	s := start(t, false, false)
	for _, octets := range []int64{5, 500} {
		m, err := Open(s.target("INBOX"), s.options())
		if err != nil {
			t.Fatal(err)
		}
		m.Wants("u", octets)
		if err := m.Take("u", transfer.Origin{}, strings.NewReader("Subject: x\n\n")); err == nil {
			t.Errorf("%d octets: no error", octets)
		}
		m.client.Close()
	}
	if got := s.all("INBOX"); len(got) > 0 {
		t.Errorf("there are %v", got)
	}
}
