package child

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

const (
	dialPatience = 45 * time.Second // as far as the end of the TLS handshake
	patience     = 60 * time.Second // for each read and write after it
)

// dial connects to a server.
func dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return patient{conn}, nil
}

// secure runs the TLS handshake.
func secure(ctx context.Context, conn net.Conn, config *tls.Config) (net.Conn, error) {
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return client, nil
}

// A patient connection waits for each read and write so long, and no longer. Deadlines that others
// set are ignored.
type patient struct{ net.Conn }

func (p patient) Read(b []byte) (int, error) {
	if err := p.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.Conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

func (p patient) SetReadDeadline(time.Time) error  { return nil }
func (p patient) SetWriteDeadline(time.Time) error { return nil }
