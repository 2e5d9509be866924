package appliance

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/retention"
	"pillarbox/appliance/statedir"
)

// A box is a running appliance with what a test needs of it.
type box struct {
	*Appliance
	t    *testing.T
	log  *observer.ObservedLogs
	stop func() error // comes to an orderly end; may be called again
}

// settings returns a small configuration in state, on free ports of the loopback.
func settings(state string) *config.Config {
	c := config.Default()
	c.Hostname, c.State = "nas.home.arpa", state
	free := []string{"127.0.0.1:0"}
	c.POP3.Listen, c.POP3.ListenTLS = free, free
	c.SMTP.Listen, c.SMTP.ListenTLS, c.SMTP.ListenLMTP = free, free, free
	// A test of the page sets them.
	c.Web.Listen, c.Web.ListenTLS, c.MDNS = []string{}, []string{}, "off"
	c.SMTP.MaxMessage = 4 << 20
	c.Spool.Slot, c.Spool.Capacity = 1<<20, 32<<20
	c.Spool.Volatile = true // the folder of a test may lie in memory
	return c
}

// family makes accounts whose passwords are their names.
func family(t *testing.T, state string, names ...string) {
	t.Helper()
	if err := statedir.Open(state); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		_, err := accounts.Edit(filepath.Join(state, statedir.AccountsFile), func(table *accounts.Table) (*accounts.Table, error) {
			v, err := accounts.NewVerifier(name) // shorter than a new password may be
			if err != nil {
				return nil, err
			}
			return table.AddVerified(name, v)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// start starts a box and stops it at the end of the test.
func start(t *testing.T, c *config.Config, opts Options) *box {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	opts.Log = zap.New(core)
	if opts.Built.IsZero() {
		opts.Built = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	}
	a, err := New(t.Context(), c, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	b := &box{Appliance: a, t: t, log: logs}
	b.stop = func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() {
		if err := b.stop(); err != nil {
			t.Errorf("the box ended with %v", err)
		}
	})
	return b
}

// logged says whether there is an event of that message.
func (b *box) logged(message string) bool { return b.log.FilterMessage(message).Len() > 0 }

// await waits until the box has logged an event of that message n times.
func (b *box) await(message string, n int) {
	b.t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for b.log.FilterMessage(message).Len() < n {
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("%q was not logged %d times; the log: %v", message, n, b.log.All())
		}
	}
}

// ask is what a command has of the box while it runs: before it is ready it holds the spool, and
// has no socket yet.
func (b *box) ask() *admin.Client {
	b.t.Helper()
	b.await("ready", 1)
	client, err := admin.Ask(b.t.Context(), b.boot, false)
	if err != nil {
		b.t.Fatal(err)
	}
	return client
}

// trust is a client that has installed the authority of the box.
func (b *box) trust() *tls.Config {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.state, statedir.CertsFolder, "ca.crt"))
	if err != nil {
		b.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &tls.Config{RootCAs: pool, ServerName: b.boot.Hostname}
}

// binned returns how many octets are in the bins of all accounts.
func (b *box) binned() (octets int64) {
	b.t.Helper()
	in := b.rules.Load()
	for _, account := range mailbox.Accounts(in.config, in.table) {
		n, err := retention.BinOctets(mailbox.Store{Spool: b.spool}, account)
		if err != nil {
			b.t.Fatal(err)
		}
		octets += n
	}
	return octets
}

// A client speaks lines with the box.
type client struct {
	*textproto.Conn
	t *testing.T
}

// dial connects to the first listener of a key and reads the greeting.
func (b *box) dial(key string) *client {
	b.t.Helper()
	c := &client{t: b.t}
	if strings.HasSuffix(key, "_tls") {
		conn, err := tls.Dial("tcp", b.Addr(key), b.trust())
		if err != nil {
			b.t.Fatal(err)
		}
		c.Conn = textproto.NewConn(conn)
	} else {
		conn, err := textproto.Dial("tcp", b.Addr(key))
		if err != nil {
			b.t.Fatal(err)
		}
		c.Conn = conn
	}
	b.t.Cleanup(func() { c.Close() })
	c.line()
	return c
}

// plainClient is a client that can be upgraded to TLS.
type plainClient struct {
	*client
	raw net.Conn
}

func (b *box) dialPlain(key string) *plainClient {
	b.t.Helper()
	conn, err := net.Dial("tcp", b.Addr(key))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	c := &plainClient{&client{textproto.NewConn(conn), b.t}, conn}
	c.line()
	return c
}

// leaveSocket leaves a socket that nobody listens at, as a program does that was killed.
func leaveSocket(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
}

func (c *client) line() string {
	c.t.Helper()
	line, err := c.ReadLine()
	if err != nil {
		c.t.Fatal(err)
	}
	return line
}

// say sends a line and returns the answer, of several lines the last one.
func (c *client) say(format string, args ...any) string {
	c.t.Helper()
	if err := c.PrintfLine(format, args...); err != nil {
		c.t.Fatal(err)
	}
	answer := c.line()
	for len(answer) > 3 && answer[3] == '-' && answer[0] >= '2' && answer[0] <= '5' {
		answer = c.line()
	}
	return answer
}

// must says lines that have to be answered by +OK, 2xx or 354.
func (c *client) must(lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		if answer := c.say("%s", line); !strings.HasPrefix(answer, "+OK") && answer[0] != '2' && !strings.HasPrefix(answer, "354") {
			c.t.Fatalf("%s was answered %q", line, answer)
		}
	}
}

// deliver sends a mail, whose lines end in CRLF, by SMTP.
func (b *box) deliver(key, mail string, to ...string) {
	b.t.Helper()
	c := b.dial(key)
	hello := "EHLO printer"
	if key == "smtp.listen_lmtp" {
		hello = "LHLO mta"
	}
	c.must(hello, "MAIL FROM:<root>")
	for _, rcpt := range to {
		c.must("RCPT TO:<" + rcpt + ">")
	}
	c.must("DATA")
	c.content(mail)
	c.must(".", "QUIT")
	c.Close()
}

// content writes the lines of a mail, but for the dot at its end.
func (c *client) content(mail string) {
	for line := range strings.SplitAfterSeq(mail, "\r\n") {
		if strings.HasPrefix(line, ".") {
			line = "." + line
		}
		c.W.WriteString(line)
	}
}

// login opens a session for an account whose password is its name.
func (b *box) login(key, user string) *client {
	b.t.Helper()
	c := b.dial(key)
	c.must("USER "+user, "PASS "+user)
	return c
}

// retrieve returns a message as it was sent, without the heads of the box, and how many octets LIST
// says it has with them.
func (c *client) retrieve(n int) (mail string) {
	c.t.Helper()
	listed := strings.Fields(c.say("LIST %d", n))
	c.must(fmt.Sprintf("RETR %d", n))
	var whole bytes.Buffer
	for {
		line, err := c.R.ReadBytes('\n')
		if err != nil {
			c.t.Fatal(err)
		}
		if string(line) == ".\r\n" {
			break
		}
		whole.Write(bytes.TrimPrefix(line, []byte(".")))
	}
	if len(listed) != 3 || listed[2] != strconv.Itoa(whole.Len()) {
		c.t.Errorf("LIST says %q of a message of %d octets", listed, whole.Len())
	}
	heads, mail, _ := strings.Cut(whole.String(), "X-Begin: here\r\n")
	for _, field := range []string{"Return-Path: ", "Delivered-To: ", "Received: "} {
		if !strings.Contains(heads, field) {
			c.t.Errorf("the heads have no %s: %q", field, heads)
		}
	}
	return "X-Begin: here\r\n" + mail
}
