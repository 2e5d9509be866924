// Package pop3test has what tests of POP3 need: a Store of maildrops in memory or in a file, with
// errors on demand, Authenticators, a client of SCRAM, a server on loopback, which tests of SMTP
// use as well, and a runner for transcripts, whose form package transcript describes.
package pop3test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"pillarbox/pop3/pop3test/transcript"
)

// Serve returns a function that connects over loopback TCP to serveConn, which is the ServeConn of
// a server of POP3 or SMTP. The sessions end before the test does.
func Serve(t testing.TB, serveConn func(ctx context.Context, conn net.Conn, implicitTLS bool) error, implicitTLS bool) (dial func() net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var sessions sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		listener.Close()
		cancel()
		sessions.Wait()
	})
	return func() net.Conn {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		sessions.Go(func() { serveConn(ctx, conn, implicitTLS) }) // which logs its error
		return client
	}
}

// TLS returns a server configuration with a certificate that is signed by no authority, for
// protocol as ALPN names it ("pop3"); "" is any.
func TLS(t testing.TB, protocol string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	if protocol != "" {
		config.NextProtos = []string{protocol}
	}
	return config
}

// RunAll plays a transcript that uses several connections; dial makes them.
func RunAll(t testing.TB, dial func() net.Conn, text string) {
	t.Helper()
	stage := transcript.Stage{Dial: func(string) (net.Conn, error) { return dial(), nil }}
	if err := stage.Play(text); err != nil {
		t.Fatal(err)
	}
}
