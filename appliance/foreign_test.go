package appliance

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
)

// TestForeignProtocols: who speaks something else is told so, and hung up on at the first line;
// nothing behind it is a command.
func TestForeignProtocols(t *testing.T) {
	b := start(t, settings(t.TempDir()), Options{})
	tests := []struct{ name, key, says, hears string }{
		{"a web page at POP3", "pop3.listen", "POST / HTTP/1.1\r\nHost: nas\r\n\r\nCAPA\r\n", "-ERR this is POP3\r\n"},
		{"a web page at SMTP", "smtp.listen", "POST / HTTP/1.1\r\nHost: nas\r\n\r\nEHLO x\r\n", "421 4.7.0 This is not an HTTP server\r\n"},
		{"a proxy at SMTP", "smtp.listen", "CONNECT mail:25 HTTP/1.1\r\n\r\nEHLO x\r\n", "421 4.7.0 This is not an HTTP server\r\n"},
		{"an endless line at POP3", "pop3.listen", strings.Repeat("A", 16<<10), "-ERR line too long\r\n"},
		{"an endless line at SMTP", "smtp.listen", strings.Repeat("A", 16<<10), "500 5.5.2 Line too long, or a zero octet in it\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", b.Addr(test.key))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, test.says); err != nil {
				t.Fatal(err)
			}
			heard, err := io.ReadAll(conn)
			if err != nil {
				t.Errorf("the connection broke: %v", err)
			}
			if _, behind, _ := strings.Cut(string(heard), "\r\n"); behind != test.hears {
				t.Errorf("heard %q, want a greeting and %q", heard, test.hears)
			}
		})
	}
}

// TestTLSOnPlainPorts: a mail program that begins with TLS where STARTTLS is spoken fails at once,
// and does not wait.
func TestTLSOnPlainPorts(t *testing.T) {
	b := start(t, settings(t.TempDir()), Options{})
	for key, ended := range map[string]string{
		"pop3.listen": "session ended without login", "smtp.listen": "session ended without delivery",
	} {
		if conn, err := tls.Dial("tcp", b.Addr(key), b.trust()); err == nil {
			conn.Close()
			t.Errorf("%s speaks TLS", key)
		}
		b.await(ended, 1)
	}
}
