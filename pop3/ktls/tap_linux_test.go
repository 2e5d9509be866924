package ktls_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"pillarbox/pop3/ktls"
	"pillarbox/pop3/ktls/ktlstest"
	"pillarbox/pop3/pop3test"
)

// A session is a TLS connection over a link, whose handshake is done.
type session struct {
	t      *testing.T
	client *tls.Conn
	under  *net.TCPConn // of the client
	server *tls.Conn
	tap    *ktls.Tap
	secret string // the log of the client's keys
}

// connect runs a handshake. It skips the test where Go prefers ChaCha20, which a link cannot play.
func connect(t *testing.T, kernel *ktlstest.Kernel, config, client *tls.Config) *session {
	t.Helper()
	k, err := ktls.Over(kernel, !kernel.Fixed, config)
	if err != nil {
		t.Fatal(err)
	}
	return connectTo(t, kernel, k, client)
}

// connectTo is connect to a server that there is already.
func connectTo(t *testing.T, kernel *ktlstest.Kernel, k *ktls.Kernel, client *tls.Config) *session {
	t.Helper()
	near, far := kernel.Link(t)
	s := handshake(t, k, near, far, client)
	if s.server.ConnectionState().CipherSuite == tls.TLS_CHACHA20_POLY1305_SHA256 {
		t.Skip("this machine has no AES instructions")
	}
	return s
}

// handshake runs a handshake over a connection.
func handshake(t *testing.T, k *ktls.Kernel, near, far *net.TCPConn, client *tls.Config) *session {
	t.Helper()
	near.SetDeadline(time.Now().Add(time.Minute)) // what does not come fails the test
	far.SetReadDeadline(time.Now().Add(time.Minute))
	s := &session{t: t, under: near, server: k.Server(far)}
	client = client.Clone()
	client.InsecureSkipVerify, client.ServerName = true, "pillarbox.test"
	var log strings.Builder
	client.KeyLogWriter = &log
	s.client = tls.Client(near, client)
	failed := make(chan error, 1)
	go func() { failed <- s.server.Handshake() }()
	if err := errors.Join(s.client.Handshake(), <-failed); err != nil {
		t.Fatal(err)
	}
	s.secret = log.String()
	s.tap = s.server.NetConn().(*ktls.Tap)
	s.tap.Established()
	return s
}

// write writes by crypto/tls.
func (s *session) write(text string) {
	s.t.Helper()
	n, err := io.WriteString(s.server, text)
	s.tap.Wrote(n)
	if err != nil {
		s.t.Fatal(err)
	}
}

// toKernel switches.
func (s *session) toKernel() {
	s.t.Helper()
	if err := s.tap.Switch(s.server.ConnectionState()); err != nil {
		s.t.Fatal(err)
	}
}

// writeKernel writes by the kernel.
func (s *session) writeKernel(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.tap.TCPConn, text); err != nil {
		s.t.Fatal(err)
	}
}

// want reads a text.
func (s *session) want(text string) {
	s.t.Helper()
	b := make([]byte, len(text))
	if _, err := io.ReadFull(s.client, b); err != nil || string(b) != text {
		s.t.Fatalf("the client got %.40q, %v; want %.40q", b, err, text)
	}
}

// ask lets the client write, and the server read.
func (s *session) ask(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.client, text); err != nil {
		s.t.Fatal(err)
	}
	b := make([]byte, len(text))
	if _, err := io.ReadFull(s.server, b); err != nil || string(b) != text {
		s.t.Fatalf("the server got %q, %v; want %q", b, err, text)
	}
}

// ends closes the server's end: the client sees that nothing is missing.
func (s *session) ends() {
	s.t.Helper()
	s.tap.Closing()
	go s.server.Close() // which waits for the link
	if n, err := s.client.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		s.t.Errorf("the client read %d octets, %v; want the end", n, err)
	}
}

var large = strings.Repeat("0123456789abcdef", 16<<10)

// The kernel continues with the right record after every kind of handshake, and after any number of
// records.
func TestSwitch(t *testing.T) {
	cache := tls.NewLRUClientSessionCache(1)
	resumable := pop3test.TLS(t, "pop3")
	for _, tt := range []struct {
		name   string
		config func(*tls.Config)
		client *tls.Config
	}{
		{"full", func(*tls.Config) {}, &tls.Config{}},
		{"without tickets", func(c *tls.Config) { c.SessionTicketsDisabled = true }, &tls.Config{}},
		{"with ALPN", func(*tls.Config) {}, &tls.Config{NextProtos: []string{"pop3"}}},
		{"another key share", func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP384} }, &tls.Config{}},
		{"records of any size", func(c *tls.Config) { c.DynamicRecordSizingDisabled = true }, &tls.Config{}},
		{"chosen for the client", func(c *tls.Config) {
			chosen := c.Clone()
			c.Certificates = nil
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return chosen, nil }
		}, &tls.Config{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := resumable.Clone()
			tt.config(config)
			s := connect(t, new(ktlstest.Kernel), config, tt.client)
			s.serve()
		})
	}
	t.Run("resumed", func(t *testing.T) {
		kernel := new(ktlstest.Kernel)
		k, err := ktls.Over(kernel, true, resumable)
		if err != nil {
			t.Fatal(err)
		}
		for _, resumed := range []bool{false, true} {
			s := connectTo(t, kernel, k, &tls.Config{ClientSessionCache: cache})
			if got := s.server.ConnectionState().DidResume; got != resumed {
				t.Fatalf("resumed is %v, want %v", got, resumed)
			}
			s.serve()
		}
	})
}

// serve has both make records.
func (s *session) serve() {
	s.t.Helper()
	var writing sync.WaitGroup
	writing.Go(func() { // more than the buffers of the link hold
		s.write("+OK\r\n")
		s.write(large)
		s.write(".\r\n")
	})
	s.want("+OK\r\n" + large + ".\r\n")
	writing.Wait()
	s.ask("RETR 1\r\n")
	s.toKernel()
	writing.Go(func() {
		s.writeKernel(large)
		s.writeKernel("\r\n.\r\n")
	})
	s.want(large + "\r\n.\r\n")
	writing.Wait()
	s.ask("QUIT\r\n")
	s.writeKernel("+OK\r\n")
	s.want("+OK\r\n")
	s.ends()
}

// A connection that cannot be switched continues with crypto/tls.
func TestNotSwitched(t *testing.T) {
	for _, tt := range []struct {
		name   string
		kernel *ktlstest.Kernel
		client *tls.Config
		before func(*session)
	}{
		{"no module", &ktlstest.Kernel{Refuses: true}, &tls.Config{}, func(*session) {}},
		{"TLS 1.2", &ktlstest.Kernel{}, &tls.Config{MaxVersion: tls.VersionTLS12}, func(*session) {}},
		{"uncounted octets", &ktlstest.Kernel{}, &tls.Config{}, func(s *session) {
			io.WriteString(s.server, "+OK\r\n") // as crypto/tls answers a KeyUpdate
			s.want("+OK\r\n")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := connect(t, tt.kernel, pop3test.TLS(t, ""), tt.client)
			tt.before(s)
			for range 2 {
				if err := s.tap.Switch(s.server.ConnectionState()); err == nil {
					t.Fatal("it was switched")
				}
			}
			s.write("+OK\r\n")
			s.want("+OK\r\n")
			s.ends()
			if n := tt.kernel.Installed(); n != 0 {
				t.Errorf("%d keys were installed", n)
			}
		})
	}
}

// After Switch nothing of crypto/tls reaches the client: it would not be able to read it.
func TestNothingBeside(t *testing.T) {
	s := connect(t, new(ktlstest.Kernel), pop3test.TLS(t, ""), &tls.Config{})
	s.toKernel()
	if _, err := io.WriteString(s.server, "beside"); err == nil {
		t.Error("crypto/tls could write")
	}
	s.writeKernel("+OK\r\n")
	s.want("+OK\r\n")
}

// clientSecret returns the first traffic secret of the client.
func (s *session) clientSecret() [32]byte {
	s.t.Helper()
	for line := range strings.Lines(s.secret) {
		rest, ok := strings.CutPrefix(line, "CLIENT_TRAFFIC_SECRET_0 ")
		if !ok {
			continue
		}
		secret, ok := ktls.Parse("SERVER_TRAFFIC_SECRET_0 " + rest)
		if !ok {
			s.t.Fatal("the secret is of another suite")
		}
		return secret
	}
	s.t.Fatal("the client has no secret")
	return [32]byte{}
}

// sealer makes records of the client under a secret.
func (s *session) sealer(secret [32]byte) *ktlstest.Sealer {
	s.t.Helper()
	sealer, err := ktlstest.NewSealer(ktls.Info(secret, 0))
	if err != nil {
		s.t.Fatal(err)
	}
	return sealer
}

// request is a KeyUpdate that asks for one (RFC 8446 §4.6.3).
var request = []byte{24, 0, 0, 1, 1}

// A client that asks for new keys gets them where the kernel replaces keys, and its mail in any
// case.
func TestKeyUpdate(t *testing.T) {
	for name, kernel := range map[string]*ktlstest.Kernel{"replaced": {}, "fixed": {Fixed: true}} {
		t.Run(name, func(t *testing.T) {
			s := connect(t, kernel, pop3test.TLS(t, ""), &tls.Config{})
			s.toKernel()
			s.writeKernel("before")
			s.want("before")
			s.tap.SetWriteDeadline(time.Unix(1, 0)) // of an earlier reply
			s.under.Write(s.sealer(s.clientSecret()).Seal(nil, ktlstest.Handshake, request))
			s.readUpdate()
			s.tap.SetWriteDeadline(time.Time{})
			s.writeKernel("after")
			s.want("after")
			want := 2
			if kernel.Fixed {
				want = 1
			}
			if got := kernel.Installed(); got != want {
				t.Errorf("%d keys were installed, want %d", got, want)
			}
		})
	}
}

// readUpdate lets the server read the KeyUpdate, and nothing behind it.
func (s *session) readUpdate() {
	s.t.Helper()
	s.under.CloseWrite()
	if n, err := s.server.Read(make([]byte, 1)); n != 0 || err == nil {
		s.t.Fatalf("the server read %d octets, %v", n, err)
	}
}

// A KeyUpdate that crypto/tls has answered leaves a connection that is not switched.
func TestKeyUpdateBefore(t *testing.T) {
	s := connect(t, new(ktlstest.Kernel), pop3test.TLS(t, ""), &tls.Config{})
	s.under.Write(s.sealer(s.clientSecret()).Seal(nil, ktlstest.Handshake, request))
	s.readUpdate()
	if err := s.tap.Switch(s.server.ConnectionState()); err != ktls.Uncertain {
		t.Fatalf("Switch returned %v", err)
	}
	s.write("+OK\r\n")
	s.want("+OK\r\n")
}

// A client whose record is damaged gets an alert from the kernel.
func TestAlert(t *testing.T) {
	s := connect(t, new(ktlstest.Kernel), pop3test.TLS(t, ""), &tls.Config{})
	s.toKernel()
	s.getsAlert()
}

// getsAlert sends a damaged record to the server, and expects an alert.
func (s *session) getsAlert() {
	s.t.Helper()
	record := s.sealer(s.clientSecret()).Seal(nil, ktlstest.Application, []byte("STAT\r\n"))
	record[len(record)-1] ^= 1
	s.tap.SetWriteDeadline(time.Unix(1, 0)) // of an earlier reply
	s.under.Write(record)
	_, err := s.server.Read(make([]byte, 1))
	s.tap.Fail(err)
	if _, err := s.client.Read(make([]byte, 1)); err == nil || err.Error() != "remote error: tls: bad record MAC" {
		s.t.Errorf("the client got %v", err)
	}
}
