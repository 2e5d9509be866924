package pop3_test

import (
	"context"
	"crypto/tls"
	"io"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/ktls"
	"pillarbox/pop3/ktls/ktlstest"
	"pillarbox/pop3/pop3test"
)

// kernelSession is a session over TLS of the kernel, with one large message in a file. Its sends by
// sendfile are counted.
func kernelSession(t *testing.T, kernel *ktlstest.Kernel, server *pop3.Server, mail string) (*client, *sendCount) {
	t.Helper()
	var err error
	server.TLS = pop3test.TLS(t, "")
	if server.Kernel, err = ktls.Over(kernel, true, server.TLS); err != nil {
		t.Fatal(err)
	}
	count := new(sendCount)
	server.SetSendfile(count.sendfile)
	store := new(pop3test.Store)
	store.InFile(t)
	store.Deliver("anna", mail)
	store.Deliver("anna", "Subject: small\r\n\r\nHello\r\n")
	server.Store = store
	near, far := kernel.Link(t)
	near.SetReadBuffer(64 << 10)
	far.SetWriteBuffer(64 << 10)
	c := talk(t, context.Background(), server, near, far)
	c.say("STLS")
	c.want("+OK")
	secure := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	if secure.ConnectionState().CipherSuite == tls.TLS_CHACHA20_POLY1305_SHA256 {
		t.Skip("this machine has no AES instructions, and the link has no other cipher")
	}
	c.conn = secure
	c.in.Reset(secure)
	c.logIn()
	return c, count
}

// The first large message of a session hands the transmit side to the kernel, and no other does.
// From then on all replies go that way, and large ones by sendfile.
func TestKernelTLS(t *testing.T) {
	kernel := new(ktlstest.Kernel)
	mail := large(1 << 20)
	c, count := kernelSession(t, kernel, newServer(nil), mail)
	c.say("RETR 2", "STAT")
	c.multi()
	c.want("+OK 2 ")
	if n := kernel.Installed(); n != 0 {
		t.Errorf("a small message has installed %d keys", n)
	}
	c.say("RETR 1", "RETR 2", "TOP 1 0", "RETR 1", "NOOP")
	if got := c.multi(); got != mail {
		t.Errorf("got %d octets, want the mail of %d", len(got), len(mail))
	}
	c.multi()
	c.multi()
	if got := c.multi(); got != mail {
		t.Errorf("got %d octets, want the mail of %d", len(got), len(mail))
	}
	c.want("+OK")
	if n := kernel.Installed(); n != 1 {
		t.Errorf("%d keys were installed, want those of one direction", n)
	}
	if count.octets.Load() < 2*int64(len(mail)) {
		t.Errorf("sendfile has sent %d octets, want two messages", count.octets.Load())
	}
	c.say("QUIT")
	c.want("+OK")
	if n, err := c.in.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after QUIT came %d octets, %v; want the end of TLS", n, err)
	}
	c.conn.Close() // what the server waits for
	if err := <-c.over; err != nil {
		t.Errorf("ServeConn = %v", err)
	}
}

// A download over TLS of the kernel is parked where the client stops, and continues there.
func TestKernelTLSStalls(t *testing.T) {
	server := parking(t)
	mail := large(4 << 20) // more than the buffers of the link hold
	c, _ := kernelSession(t, new(ktlstest.Kernel), server, mail)
	c.say("RETR 1", "STAT", "QUIT")
	await(t, "a parked download", func() bool { return server.Parked() == 1 && server.Store.(*pop3test.Store).Held() == 1 })
	if got := c.multi(); got != mail {
		t.Errorf("got %d octets, want the mail of %d", len(got), len(mail))
	}
	c.want("+OK 2 ")
	c.want("+OK")
	c.conn.Close()
	if err := <-c.over; err != nil {
		t.Errorf("ServeConn = %v", err)
	}
}

// Without the module, crypto/tls sends large messages as well.
func TestKernelTLSRefused(t *testing.T) {
	mail := large(1 << 20)
	c, count := kernelSession(t, &ktlstest.Kernel{Refuses: true}, newServer(nil), mail)
	c.say("RETR 1", "QUIT")
	if got := c.multi(); got != mail {
		t.Errorf("got %d octets, want the mail of %d", len(got), len(mail))
	}
	c.want("+OK")
	if n := count.octets.Load(); n != 0 {
		t.Errorf("sendfile has sent %d octets", n)
	}
}
