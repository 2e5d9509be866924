package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/smtpd"
	"pillarbox/appliance/statedir"
	"pillarbox/pop3"
)

// edit changes the accounts as a command does, and returns when the server has taken it up.
func (b *box) edit(change func(*accounts.Table) (*accounts.Table, error)) {
	b.t.Helper()
	if _, err := accounts.Edit(filepath.Join(b.state, statedir.AccountsFile), change); err != nil {
		b.t.Fatal(err)
	}
	if err := b.Reload(); err != nil {
		b.t.Fatal(err)
	}
}

func passwd(name string) func(*accounts.Table) (*accounts.Table, error) {
	return func(t *accounts.Table) (*accounts.Table, error) { return t.SetPassword(name, "a new password") }
}

func remove(name string) func(*accounts.Table) (*accounts.Table, error) {
	return func(t *accounts.Table) (*accounts.Table, error) { return t.Remove(name) }
}

// TestRevocation: a changed password or a removed account ends the sessions of that account, over
// POP3 and SMTP, and no others, and what they had marked is not deleted.
func TestRevocation(t *testing.T) {
	for name, change := range map[string]func(string) func(*accounts.Table) (*accounts.Table, error){"passwd": passwd, "remove": remove} {
		t.Run(name, func(t *testing.T) {
			c := settings(t.TempDir())
			family(t, c.State, "anna", "otto")
			b := start(t, c, Options{})
			b.deliver("smtp.listen", letter("stays\r\n"), "anna")
			reader, other := b.login("pop3.listen", "anna"), b.login("pop3.listen", "otto")
			reader.must("DELE 1")
			sender := b.dial("smtp.listen")
			sender.must("EHLO x", "AUTH PLAIN AGFubmEAYW5uYQ==", "MAIL FROM:<anna>", "RSET")
			b.edit(change("anna"))
			for what, session := range map[string]*client{"POP3": reader, "SMTP": sender} {
				session.PrintfLine("QUIT")
				for {
					line, err := session.ReadLine()
					if err != nil {
						break
					}
					if strings.HasPrefix(line, "+OK") || strings.HasPrefix(line, "2") {
						t.Errorf("%s: after the change it was told %q", what, line)
					}
				}
			}
			other.must("NOOP", "QUIT")
			if n := len(b.spool.Mailboxes()); n != 1 || b.spool.Mailboxes()[0].Messages != 1 {
				t.Errorf("%+v is left", b.spool.Mailboxes())
			}
			if n := b.log.FilterMessageSnippet("sessions ended").Len(); n != 1 {
				t.Errorf("%d lines say so", n)
			}
		})
	}
}

// TestExpungeAsksOnceMore: what is deleted by a session that has not noticed yet stays.
func TestExpungeAsksOnceMore(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna", "otto")
	b := start(t, c, Options{})
	b.deliver("smtp.listen", letter("stays\r\n"), "anna", "otto")
	anna, err := store{b.Appliance}.Open(t.Context(), "anna")
	if err != nil {
		t.Fatal(err)
	}
	otto, err := store{b.Appliance}.Open(t.Context(), "otto")
	if err != nil {
		t.Fatal(err)
	}
	defer anna.Close()
	defer otto.Close()
	b.edit(remove("anna"))
	if err := anna.Expunge(t.Context(), slices.Values([]int{1})); !errors.Is(err, errRevoked) {
		t.Errorf("of a removed account: %v", err)
	}
	if err := otto.Expunge(t.Context(), slices.Values([]int{1})); err != nil {
		t.Errorf("of the other one: %v", err)
	}
}

// TestLoginDuringAChange: a login that was judged by the old accounts does not get in under the new
// ones.
func TestLoginDuringAChange(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	b := start(t, c, Options{})
	session, refusal := b.clients.Enter(access.LocalUser(1), func() {})
	if refusal != "" {
		t.Fatal(refusal)
	}
	defer session.Leave()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	b.acceptor.Sessions.Add(near, session)
	defer b.acceptor.Sessions.Remove(near)
	before := b.logins.LoggedIn
	b.logins.LoggedIn = func(account string) { // after the verdict
		before(account)
		b.edit(passwd("anna"))
	}
	if account, err := b.logins.logIn(t.Context(), near, access.Credentials{User: "anna", Password: "anna"}); err != access.ErrWrong {
		t.Errorf("%q, %v", account, err)
	}
}

// TestLimitsAreTemporary: a login that finds no turn gets a temporary failure, in both protocols.
func TestLimitsAreTemporary(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	table, err := accounts.Load(filepath.Join(state, statedir.AccountsFile))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		a := &Appliance{clients: access.NewTable()}
		a.acceptor = listen.NewAcceptor(a.clients, zap.NewNop(), a.listenRules, func() {})
		defer a.acceptor.Close()
		a.rules.Store(&rules{table: table, routing: accounts.NewRouting(table, "nas.home.arpa", nil, nil)})
		a.logins = logins{clients: a.clients, sessions: a.acceptor.Sessions, rules: a.accessRules}
		a.logins.Logins = access.NewLogins(a.clients, a.accessRules, make([]byte, access.SecretSize))
		conn := &remoteConn{addr: netip.MustParseAddrPort("10.0.0.9:1")}
		// exhaust guesses until one is judged after others were not: the next turn is 40 s away.
		guesses := 0
		exhaust := func() {
			for refused := false; ; guesses++ {
				_, err := popAuthenticator{a}.Authenticate(t.Context(), pop3.Credentials{User: "anna", Password: fmt.Sprint(guesses), Conn: conn})
				if err == pop3.ErrAuth && refused {
					return
				}
				refused = err == pop3.ErrTemporary
			}
		}
		exhaust()
		began := time.Now()
		if _, err := (popAuthenticator{a}).Authenticate(t.Context(), pop3.Credentials{User: "anna", Password: "anna", Conn: conn}); err != pop3.ErrTemporary || time.Since(began) != 10*time.Second {
			t.Errorf("POP3: %v after %v", err, time.Since(began))
		}
		exhaust()
		began = time.Now()
		if _, err := (smtpAuthenticator{a}).Authenticate(t.Context(), smtpd.Credentials{User: "anna", Password: "anna", Conn: conn}); err != smtpd.ErrTemporary || time.Since(began) != 10*time.Second {
			t.Errorf("SMTP: %v after %v", err, time.Since(began))
		}
	})
}

// remoteConn is a connection from an address, and nothing else.
type remoteConn struct {
	net.Conn
	addr netip.AddrPort
}

func (c *remoteConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.addr) }

// TestKnownAfterARestart: an address from which somebody has logged in is known to the next
// process.
func TestKnownAfterARestart(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	loopback := access.ClientAt(netip.MustParseAddr("127.0.0.1"))
	b := start(t, c, Options{})
	b.dial("pop3.listen").must("QUIT")
	if b.clients.Known(loopback) {
		t.Error("known without a login")
	}
	b.login("pop3.listen", "anna").must("QUIT")
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(c.State, statedir.KnownFile)); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if b = start(t, c, Options{}); !b.clients.Known(loopback) {
		t.Error("not known after a restart")
	}
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.State, statedir.KnownFile), []byte("no such file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b = start(t, c, Options{}); b.clients.Known(loopback) || b.log.FilterMessageSnippet("reading the known clients failed").Len() != 1 {
		t.Error("a file that is none was taken, or not said")
	}
}

// TestLocalSocketShutsOutNobody: as many connections to the LMTP socket as one user likes leave the
// network alone.
func TestLocalSocketShutsOutNobody(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	folder, err := os.MkdirTemp("", "lmtp") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "s")
	c.SMTP.ListenLMTP = []string{"unix:" + path}
	b := start(t, c, Options{})
	for range 256 {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	b.login("pop3.listen", "anna").must("STAT", "QUIT")
	b.deliver("smtp.listen", letter("hi\r\n"), "anna")
	// 32 of the user, as many that were told to end and have not yet, and those of the network.
	if n := b.clients.Sessions(); n > 2*32+8 {
		t.Errorf("%d sessions are counted", n)
	}
}

// TestHarvest: a client that names unknown recipients is slowed down, logged in or not is another
// matter.
func TestHarvest(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	b := start(t, c, Options{})
	client := b.dial("smtp.listen")
	client.must("EHLO x", "MAIL FROM:<root>")
	for n := range 20 {
		if got := client.say("RCPT TO:<nobody%d>", n); !strings.HasPrefix(got, "550 5.1.1") {
			t.Fatalf("an unknown recipient was answered %q", got)
		}
		client.must("RCPT TO:<anna>") // costs nothing
	}
	waits, cancel := context.WithCancel(t.Context())
	cancel()
	free := 0
	for range 20 {
		if b.clients.AwaitRecipient(waits, access.ClientAt(netip.MustParseAddr("127.0.0.1"))) == nil {
			free++
		}
	}
	if free > 10 { // one more every 2 s
		t.Errorf("%d more need not wait", free)
	}
	sender := b.dial("smtp.listen")
	sender.must("EHLO x", "AUTH PLAIN AGFubmEAYW5uYQ==", "MAIL FROM:<anna>")
	for n := range 40 {
		if got := sender.say("RCPT TO:<nobody%d>", n); !strings.HasPrefix(got, "550 5.1.1") {
			t.Fatalf("of a client that is logged in, one was answered %q", got)
		}
	}
}

// TestDelayAndLockByAccount: pop3.login_delay and lock = "exclusive" count an account, whatever
// view of it is opened.
func TestDelayAndLockByAccount(t *testing.T) {
	c := settings(t.TempDir())
	c.POP3.LoginDelay = config.Duration(time.Hour)
	c.POP3.Exclusive = true
	family(t, c.State, "anna", "otto")
	b := start(t, c, Options{})
	attempt := func(user, password string) (*client, string) {
		one := b.dial("pop3.listen")
		one.must("USER " + user)
		return one, one.say("PASS %s", password)
	}
	holds := b.dial("pop3.listen")
	holds.must("USER anna+phone", "PASS anna")
	if _, got := attempt("anna+laptop", "anna"); !strings.HasPrefix(got, "-ERR [IN-USE]") {
		t.Errorf("another view of a locked account was answered %q", got)
	}
	if _, got := attempt("otto", "otto"); !strings.HasPrefix(got, "+OK") {
		t.Errorf("another account was answered %q", got)
	}
	holds.must("QUIT")
	for n := range loginCredit - 1 { // two are used up
		one, got := attempt(fmt.Sprint("anna+", n), "anna")
		if !strings.HasPrefix(got, "+OK") {
			t.Fatalf("login %d was answered %q", n, got)
		}
		one.must("QUIT")
	}
	if _, got := attempt("recent:anna+last", "anna"); !strings.HasPrefix(got, "-ERR [LOGIN-DELAY]") {
		t.Errorf("one login too many was answered %q", got)
	}
}

// TestGuessingIsLogged: one warning names account and address.
func TestGuessingIsLogged(t *testing.T) {
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	b := start(t, c, Options{})
	b.login("pop3.listen", "anna").must("QUIT") // so that 20 failures take no time
	for n := range 24 {
		one := b.dial("pop3.listen")
		one.must("USER anna")
		one.say("PASS %d", n)
		one.Close()
	}
	lines := b.log.FilterMessageSnippet("many failed logins").All()
	if len(lines) != 1 {
		t.Fatalf("%d warnings", len(lines))
	}
	if got := fmt.Sprint(lines[0].ContextMap()); !strings.Contains(got, "user:anna") || !strings.Contains(got, "remote:127.0.0.1") {
		t.Errorf("the warning says %s", got)
	}
}
