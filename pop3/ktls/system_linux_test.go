package ktls_test

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"pillarbox/pop3/ktls"
	"pillarbox/pop3/ktls/ktlstest"
	"pillarbox/pop3/pop3test"
)

// A ground is what connections are made on: the kernel of this machine, or a link where it has no
// TLS.
type ground struct {
	kernel *ktls.Kernel
	pair   func(testing.TB) (near, far *net.TCPConn)
	rekeys bool
}

// grounds returns the kernel of this machine, if it has TLS, and a link.
func grounds(t testing.TB) (system, link ground) {
	t.Helper()
	config := pop3test.TLS(t, "")
	if k, err := ktls.New(config, true); err == nil {
		system = ground{k, tcpPair, k.Rekeys()}
	}
	played := new(ktlstest.Kernel)
	k, err := ktls.Over(played, true, config)
	if err != nil {
		t.Fatal(err)
	}
	return system, ground{k, played.Link, true}
}

// tcpPair returns both ends of a connection over loopback.
func tcpPair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		dialed.Close()
		accepted.Close()
	})
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}

// The kernel of this machine does what a link does.
func TestSystem(t *testing.T) {
	system, _ := grounds(t)
	if system.kernel == nil {
		t.Skip("this kernel has no TLS")
	}
	near, far := system.pair(t)
	s := handshake(t, system.kernel, near, far, &tls.Config{})
	t.Logf("%s of %s; keys are replaced: %v", tls.CipherSuiteName(s.server.ConnectionState().CipherSuite), system.kernel, system.rekeys)
	s.serve()
}

// An exchange is a session whose client makes its own records, so that it can have new keys.
type exchange struct {
	*session
	secret   [32]byte // of the client
	sealer   *ktlstest.Sealer
	switched bool
	answered bool // crypto/tls has answered a KeyUpdate
}

// newExchange returns an exchange on a session whose client has sent nothing.
func newExchange(s *session) *exchange {
	s.t.Helper()
	x := &exchange{session: s, secret: s.clientSecret()}
	x.sealer = s.sealer(x.secret)
	return x
}

// step is one thing that a session or its client does.
func (x *exchange) step(what byte, size int) {
	text := large[:size]
	switch what % 7 {
	case 0, 1:
		x.reply(text)
	case 2:
		x.command(nil, large[:1+size%512])
	case 3:
		x.command(request, "RETR 1\r\n")
		x.answered = x.answered || !x.switched
	case 4:
		x.command([]byte{24, 0, 0, 1, 0}, "RETR 1\r\n")
	case 5:
		err := x.tap.Switch(x.server.ConnectionState())
		if first := !x.switched && !x.answered; first != (err == nil) {
			x.t.Fatalf("Switch returned %v; crypto/tls has answered a KeyUpdate: %v", err, x.answered)
		}
		x.switched = x.switched || err == nil
	case 6:
		x.tap.Release(x.server)
	}
}

// reply has the client receive what the server writes.
func (x *exchange) reply(text string) {
	x.t.Helper()
	written := make(chan error, 1)
	go func() {
		if x.switched {
			_, err := io.WriteString(x.tap.TCPConn, text)
			written <- err
			return
		}
		n, err := io.WriteString(x.server, text)
		x.tap.Wrote(n)
		written <- err
	}()
	x.want(text)
	if err := <-written; err != nil {
		x.t.Fatal(err)
	}
}

// command has the server receive what the client sends: a message of the handshake, unless it is
// nil, after which the client has new keys, and a text.
func (x *exchange) command(message []byte, text string) {
	x.t.Helper()
	var records []byte
	if message != nil {
		records = x.sealer.Seal(nil, ktlstest.Handshake, message)
		x.secret = ktls.Next(x.secret)
		x.sealer = x.session.sealer(x.secret)
	}
	records = x.sealer.Seal(records, ktlstest.Application, []byte(text))
	if _, err := x.under.Write(records); err != nil {
		x.t.Fatal(err)
	}
	b := make([]byte, len(text))
	if _, err := io.ReadFull(x.server, b); err != nil || string(b) != text {
		x.t.Fatalf("the server got %.40q, %v; want %.40q", b, err, text)
	}
}

// A client of crypto/tls reads what it is to, whatever happens before the kernel makes the records
// and after that: commands, replies of any size, new keys. Where this machine's kernel has TLS, it
// is tested beside the link.
func FuzzExchange(f *testing.F) {
	for _, steps := range []string{"\x00\x05\x00\x02\x00", "\x03\x05\x01", "\x05\x03\x01\x03\x01\x04\x00", "\x01\x02\x05\x05\x00", "\x06\x05\x06\x03\x06\x02\x03\x01"} {
		f.Add([]byte(steps), uint16(40000))
	}
	system, link := grounds(f)
	f.Fuzz(func(t *testing.T, steps []byte, size uint16) {
		for _, g := range []ground{system, link} {
			if g.kernel != nil {
				exchangeOn(t, g, steps[:min(len(steps), 64)], int(size))
			}
		}
	})
}

func exchangeOn(t *testing.T, g ground, steps []byte, size int) {
	near, far := g.pair(t)
	s := handshake(t, g.kernel, near, far, &tls.Config{})
	if s.server.ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
		t.Skip("a sealer has AES-128-GCM only")
	}
	x := newExchange(s)
	for i, what := range steps {
		x.step(what, max(size>>(i%8), 1))
	}
	x.reply("+OK\r\n")
	s.ends()
}
