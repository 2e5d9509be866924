package listen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/access"
	"pillarbox/pop3/pop3test"
)

// TestFailedHandshakes: a TLS handshake that fails is one line with the reason as the client gives
// it, and what it means to the owner.
func TestFailedHandshakes(t *testing.T) {
	server := pop3test.TLS(t, "")
	for _, tt := range []struct {
		name   string
		client func(net.Conn) error
		err    string
		advice string
		level  string
	}{
		{"a client that does not trust the certificate", func(conn net.Conn) error {
			return tls.Client(conn, &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "nas"}).Handshake()
		}, "remote error: tls: bad certificate", "the client does not trust the certificate of this server", "info"},
		{"unknown authority", func(conn net.Conn) error {
			return answerHello(conn, tls.VersionTLS12, 48)
		}, "remote error: tls: unknown certificate authority", "pillarbox setup -ca FILE", "info"},
		{"an expired certificate", func(conn net.Conn) error {
			return answerHello(conn, tls.VersionTLS12, 45)
		}, "remote error: tls: expired certificate", "clock of the client", "info"},
		{"OpenSSL with TLS 1.3", func(conn net.Conn) error {
			return answerHello(conn, tls.VersionTLS13, 48)
		}, "local error: tls: bad record MAC", "does not trust the certificate", "info"},
		{"an old client", func(conn net.Conn) error {
			return tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}).Handshake()
		}, "client offered only unsupported versions", "TLS 1.2", "info"},
		{"a client that hangs up after the certificate", func(conn net.Conn) error {
			return answerHello(conn, tls.VersionTLS12, -1)
		}, "EOF", "does not trust the certificate", "info"},
		{"a client without TLS", func(conn net.Conn) error {
			_, err := io.WriteString(conn, "USER anna\r\n")
			io.Copy(io.Discard, conn)
			return err
		}, "first record does not look like a TLS handshake", "does not begin with TLS", "info"},
		{"a client that waits for a greeting", func(conn net.Conn) error {
			_, err := io.Copy(io.Discard, conn)
			return err
		}, "deadline exceeded", "does not begin with TLS", "info"},
		{"a port scan", func(conn net.Conn) error { return conn.Close() }, "EOF", "<nil>", "debug"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				core, logs := observer.New(zap.DebugLevel)
				h := Handshaker{access.NewTable(), zap.New(core)}
				near, far := net.Pipe()
				over := make(chan struct{})
				go func() {
					defer close(over)
					tt.client(near)
					near.Close()
				}()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if err := h.Over(POP3)(ctx, tls.Server(lanConn{far}, server)); err == nil {
					t.Fatal("the handshake succeeded")
				}
				far.Close()
				<-over
				lines := logs.FilterMessage("TLS handshake failed").All()
				if len(lines) != 1 {
					t.Fatalf("logged %v", logs.All())
				}
				got := lines[0].ContextMap()
				if text := fmt.Sprint(got["error"]); !strings.Contains(text, tt.err) {
					t.Errorf("error is %q, want %q", text, tt.err)
				}
				if text := fmt.Sprint(got["advice"]); !strings.Contains(text, tt.advice) {
					t.Errorf("advice is %q, want %q", text, tt.advice)
				}
				if got["remote"] != "10.0.0.1" || got["proto"] != "pop3" || lines[0].Level.String() != tt.level {
					t.Errorf("the line is %v %v", lines[0].Level, got)
				}
			})
		})
	}
}

// answerHello begins a handshake, reads what the server answers, and sends an alert without
// encryption, or nothing if alert is negative.
func answerHello(conn net.Conn, version uint16, alert int) error {
	recorded := &recordedConn{Conn: conn}
	c := tls.Client(recorded, &tls.Config{InsecureSkipVerify: true, MaxVersion: version,
		VerifyConnection: func(tls.ConnectionState) error { return io.ErrClosedPipe }})
	recorded.mute = true
	c.Handshake()
	if alert >= 0 {
		_, err := conn.Write([]byte{21, 3, 3, 0, 2, 2, byte(alert)})
		return err
	}
	return nil
}

// A recordedConn does not send what follows the first message.
type recordedConn struct {
	net.Conn
	mute  bool
	hello bool
}

func (c *recordedConn) Write(p []byte) (int, error) {
	if c.hello && c.mute {
		return len(p), nil
	}
	c.hello = true
	return c.Conn.Write(p)
}

// A lanConn is a connection of a client on the local network.
type lanConn struct{ net.Conn }

func (lanConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("10.0.0.1:4711"))
}
