package imapfetch

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"

	"pillarbox/appliance/remote/session"
)

// mostBefore bounds the lines that a server sends before TLS.
const mostBefore = 32

// startTLS reads the greeting and changes to TLS (RFC 9051 §6.2.1). Nothing that was received
// before is used after it. It is not that of the client, which would put the limits of a line below
// TLS.
func startTLS(conn net.Conn, config *tls.Config) (net.Conn, error) {
	in := bufio.NewReaderSize(conn, 4096)
	greeting, err := plainLine(in)
	upper := strings.ToUpper(greeting)
	switch {
	case err != nil:
		return nil, err
	case strings.HasPrefix(upper, "* BYE"):
		return nil, session.Reply("greeting", "UNAVAILABLE", greeting[2:], false)
	case !strings.HasPrefix(upper, "* OK"): // PREAUTH: nothing would be secret any more
		return nil, session.Errorf(session.Certificate, "the server does not begin with a login: %s; nothing was sent without TLS", session.Printable(greeting))
	}
	if _, err := io.WriteString(conn, "t STARTTLS\r\n"); err != nil {
		return nil, err
	}
	for range mostBefore {
		answer, err := plainLine(in)
		if err != nil {
			return nil, err
		}
		rest, tagged := strings.CutPrefix(answer, "t ")
		switch {
		case !tagged:
			continue
		case !strings.HasPrefix(strings.ToUpper(rest), "OK"):
			return nil, session.Errorf(session.Certificate, "the server refused TLS (STARTTLS): %s; nothing was sent without TLS", session.Printable(rest))
		case in.Buffered() > 0:
			return nil, session.Errorf(session.Certificate, "the server sent something between STARTTLS and TLS; nothing was sent")
		}
		secure := tls.Client(conn, config)
		return secure, secure.Handshake()
	}
	return nil, session.Errorf(session.Protocol, "the server breaks the protocol: no answer to STARTTLS in %d lines", mostBefore)
}

// plainLine reads a line before TLS.
func plainLine(in *bufio.Reader) (string, error) {
	text, err := in.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		return "", session.Errorf(session.Protocol, "the server breaks the protocol: a line of more than %d octets", in.Size())
	case err != nil:
		return "", err
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
