package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
)

// A Handshaker runs the TLS handshakes of clients, and logs each that fails: a client that does not
// trust the certificate shows its user an error that rarely mentions it.
type Handshaker struct {
	Clients *access.Table
	Log     *zap.Logger
}

// Over returns what runs the handshakes of a protocol, as one of a bounded number.
func (h Handshaker) Over(proto Protocol) func(context.Context, *tls.Conn) error {
	return func(ctx context.Context, conn *tls.Conn) error {
		client := access.ClientOf(conn)
		err := h.Clients.Handshake(ctx, client, conn)
		if err != nil {
			h.failed(proto, client, conn, err)
		}
		return err
	}
}

// Uncounted is in place of Handshaker.Over for health probes: their handshakes run as they come.
func Uncounted(Protocol) func(context.Context, *tls.Conn) error { return nil }

func (h Handshaker) failed(proto Protocol, client access.Client, conn *tls.Conn, err error) {
	spoke := conn.ConnectionState().Version != 0 // the client began a handshake
	level := zap.InfoLevel
	if !spoke && isHangUp(err) {
		level = zap.DebugLevel // a port scan, or a monitor that opens a connection
	}
	advice := zap.Skip()
	if text := handshakeAdvice(spoke, err); text != "" {
		advice = zap.String("advice", text)
	}
	h.Log.Log(level, "TLS handshake failed", zap.String("proto", string(proto)), zap.Stringer("remote", client),
		zap.Error(err), advice)
}

const (
	untrusted = "the client does not trust the certificate of this server: install its CA there " +
		"(pillarbox setup -ca FILE), or accept the certificate if its fingerprint is the one that pillarbox setup shows"
	notTLS = "the client does not begin with TLS: set it to SSL/TLS on this port, or use the port for STARTTLS (pillarbox setup)"
)

// handshakeAdvices are what the errors of crypto/tls mean to the owner of the server. An alert that
// the client sent (RFC 8446 §6.2) is "remote error: tls: " and its name.
var handshakeAdvices = []struct{ text, advice string }{
	{"remote error: tls: unknown certificate authority", untrusted},
	{"remote error: tls: bad certificate", untrusted},
	{"remote error: tls: unknown certificate", untrusted},
	{"remote error: tls: unsupported certificate", untrusted},
	{"local error: tls: bad record MAC", "the client sent an alert that is not encrypted, as OpenSSL does in TLS 1.3; most often " + untrusted},
	{"remote error: tls: expired certificate", "by the clock of the client the certificate is not valid now: compare the time of the client with that of this server (date)"},
	{"remote error: tls: revoked certificate", untrusted},
	{"remote error: tls: user canceled", untrusted},
	{"remote error: tls: protocol version not supported", "the client is too old: this server needs TLS 1.2"},
	{"remote error: tls: handshake failure", "the client and this server have no TLS version or cipher in common"},
	{"client offered only unsupported versions", "the client is too old: this server needs TLS 1.2"},
	{"no cipher suite supported by both", "the client is too old: it has no cipher that this server accepts"},
	{"client requested unsupported application protocols", "the client wants another protocol than the one of this port: compare its settings with pillarbox setup"},
	{"first record does not look like a TLS handshake", notTLS},
}

// handshakeAdvice returns what to do about a handshake that failed; "" if there is nothing to do. A
// client that hangs up after it has seen the certificate does not say why.
func handshakeAdvice(spoke bool, err error) string {
	text := err.Error()
	for _, row := range handshakeAdvices {
		if strings.Contains(text, row.text) {
			return row.advice
		}
	}
	switch {
	case errors.Is(err, access.ErrHandshakes):
		return ""
	case isHangUp(err) && spoke:
		return "the client closed the connection; often " + untrusted
	case !spoke && isTimeout(err):
		return notTLS
	}
	return ""
}

// isHangUp reports whether the client closed the connection.
func isHangUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

func isTimeout(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
