package pop3_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// keeping returns a server that keeps what SCRAM needs, and has TLS.
func keeping(t testing.TB) *pop3.Server {
	server := newServer(sampleStore())
	server.Auth = pop3test.Keeper{Accounts: pop3test.Accounts{"anna": "a secret"}}
	server.TLS = pop3test.TLS(t, "pop3")
	return server
}

// talkTLS starts a session over implicit TLS, of that version at most.
func talkTLS(t testing.TB, server *pop3.Server, version uint16) *client {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close() })
	c := &client{t: t, over: make(chan error, 1)}
	go func() { c.over <- server.ServeConn(t.Context(), far, true) }()
	conn := tls.Client(near, &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
	c.conn, c.in = conn, bufio.NewReader(conn)
	c.want("+OK")
	return c
}

// A scramLogin is what a client sends in a SCRAM exchange.
type scramLogin struct {
	mechanism, gs2, nonce, password string
	bound                           bool
	last                            string // its answer to the server's proof
}

// play says it and returns the server's verdict.
func (l scramLogin) play(c *client) string {
	c.t.Helper()
	challenge := func() string {
		c.t.Helper()
		octets, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(c.want("+ "), "+ "))
		if err != nil {
			c.t.Fatal(err)
		}
		return string(octets)
	}
	bare := "n=anna,r=" + l.nonce
	c.say("AUTH " + l.mechanism)
	if got := challenge(); got != "" {
		c.t.Fatalf("the first challenge is %q", got)
	}
	c.say(base64.StdEncoding.EncodeToString([]byte(l.gs2 + bare)))
	line, err := c.in.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "+ ") {
		return line
	}
	octets, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line[2:]))
	server := string(octets)
	client := pop3test.Scram{GS2: l.gs2, Bare: bare, Password: l.password}
	if l.bound {
		state := c.conn.(*tls.Conn).ConnectionState()
		if client.Binding, err = state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32); err != nil {
			c.t.Fatal(err)
		}
	}
	final, want := client.Final(c.t, server)
	c.say(base64.StdEncoding.EncodeToString([]byte(final)))
	line, err = c.in.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "+ ") {
		return line
	}
	if got, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line[2:])); string(got) != want {
		c.t.Errorf("the server proves itself by %q, want %q", got, want)
	}
	c.say(l.last)
	line, _ = c.in.ReadString('\n')
	return line
}

func TestScram(t *testing.T) {
	plus := scramLogin{"SCRAM-SHA-256-PLUS", "p=tls-exporter,,", "abc", "a secret", true, ""}
	bare := scramLogin{"SCRAM-SHA-256", "n,,", "abc", "a secret", false, ""}
	with := func(l scramLogin, change func(*scramLogin)) scramLogin {
		change(&l)
		return l
	}
	tests := []struct {
		name    string
		version uint16 // 0: no TLS
		login   scramLogin
		want    string
	}{
		{"without TLS", 0, bare, "+OK 3 messages"},
		{"a client that could bind, without TLS", 0, with(bare, func(l *scramLogin) { l.gs2 = "y,," }), "+OK 3 messages"},
		{"the wrong password", 0, with(bare, func(l *scramLogin) { l.password = "a Secret" }), "-ERR [AUTH]"},
		{"the server's proof is not believed", 0, with(bare, func(l *scramLogin) { l.last = "*" }), "-ERR cancelled"},
		{"a nonce of 1024 octets", 0, with(bare, func(l *scramLogin) { l.nonce = strings.Repeat("r", 1024) }), "+OK 3 messages"},
		{"bound", tls.VersionTLS13, plus, "+OK 3 messages"},
		{"bound, the wrong password", tls.VersionTLS13, with(plus, func(l *scramLogin) { l.password = "a Secret" }), "-ERR [AUTH]"},
		{"bound to something else", tls.VersionTLS13, with(plus, func(l *scramLogin) { l.bound = false }), "-ERR the login is not bound"},
		{"not bound", tls.VersionTLS13, bare, "+OK 3 messages"},
		{"the binding was hidden", tls.VersionTLS13, with(bare, func(l *scramLogin) { l.gs2 = "y,," }), "-ERR the login is not bound"},
		{"not bound, TLS 1.2", tls.VersionTLS12, with(bare, func(l *scramLogin) { l.gs2 = "y,," }), "+OK 3 messages"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := keeping(t)
			var c *client
			if tt.version == 0 {
				c = talkPipe(t, server)
			} else {
				c = talkTLS(t, server, tt.version)
			}
			if got := tt.login.play(c); !strings.HasPrefix(got, tt.want) {
				t.Errorf("the server says %q, want %q", got, tt.want)
			}
			in := "-ERR log in first"
			if strings.HasPrefix(tt.want, "+OK") {
				in = "+OK 3 98"
			}
			c.say("STAT")
			c.want(in)
			if opened := server.Store.(*pop3test.Store).Opened(); (opened == 1) != (in == "+OK 3 98") {
				t.Errorf("%d maildrops are open", opened)
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	}
}

// What is announced is what can be used: a binding needs TLS 1.3.
func TestScramAnnounced(t *testing.T) {
	server := keeping(t)
	for _, tt := range []struct {
		name string
		dial func() *client
		want string
	}{
		{"without TLS", func() *client { return talkPipe(t, server) }, "SASL SCRAM-SHA-256 PLAIN LOGIN"},
		{"TLS 1.2", func() *client { return talkTLS(t, server, tls.VersionTLS12) }, "SASL SCRAM-SHA-256 PLAIN LOGIN"},
		{"TLS 1.3", func() *client { return talkTLS(t, server, tls.VersionTLS13) }, "SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.dial()
			c.say("CAPA")
			lists := tt.want + "\r\n"
			if unbound, some := strings.CutPrefix(tt.want, "SASL SCRAM-SHA-256-PLUS "); some {
				lists += "SASL " + unbound + "\r\n" // mutt believes the last one
			}
			if got := c.multi(); !strings.Contains(got, "\r\nUSER\r\n"+lists+"RESP-CODES\r\n") {
				t.Errorf("CAPA says %q, want %q", got, lists)
			}
			c.say("AUTH")
			if got := "SASL " + strings.Join(strings.Fields(c.multi()), " "); got != tt.want {
				t.Errorf("AUTH lists %q, want %q", got, tt.want)
			}
			if !strings.Contains(tt.want, "PLUS") {
				c.say("AUTH SCRAM-SHA-256-PLUS")
				c.want("-ERR unknown mechanism")
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	}
}

// Replies that are gathered already leave no room for a long challenge: they leave before it.
func TestScramBehindReplies(t *testing.T) {
	server := keeping(t)
	server.Limits.BadBeforeLogin = 100
	first := base64.StdEncoding.EncodeToString([]byte("n,,n=anna,r=" + strings.Repeat("r", 1024)))
	for capas := range 40 {
		said := hear(server, []byte(strings.Repeat("CAPA\r\n", 200+capas)+"AUTH SCRAM-SHA-256\r\n"+first+"\r\n*\r\nQUIT\r\n"), 1<<20)
		if !strings.HasSuffix(said, "-ERR cancelled\r\n+OK bye\r\n") {
			t.Fatalf("the session says %q", said[max(0, len(said)-200):])
		}
	}
}

// Whatever follows "AUTH SCRAM-SHA-256" is no login.
func FuzzSessionInScram(f *testing.F) {
	f.Add("n,,n=anna,r=abc", "c=biws,r=abc,p=AAAA", "STAT")
	f.Add("p=tls-exporter,,n=anna,r=abc", "", "QUIT")
	f.Fuzz(func(t *testing.T, first, final, behind string) {
		store := sampleStore()
		server := newServer(store)
		server.Auth = pop3test.Keeper{Accounts: pop3test.Accounts{"anna": "a secret"}}
		code := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
		input := []byte("AUTH SCRAM-SHA-256\r\n" + code(first) + "\r\n" + code(final) + "\r\n" + behind + "\r\nSTAT\r\n")
		said := hear(server, input, len(input))
		checkReplies(t, said, input, len(store.UIDs("anna")))
		if strings.Contains(said, "+OK 3 ") && !strings.Contains(behind, "secret") {
			t.Errorf("%q got in: %q", input, said)
		}
	})
}
