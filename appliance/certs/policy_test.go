package certs

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
)

// TestPolicy: what a client may request, and the alert that it gets otherwise.
func TestPolicy(t *testing.T) {
	config := open(t, options(t.TempDir(), day)).Config("pop3")
	for _, tt := range []struct {
		name    string
		client  *tls.Config
		version uint16 // 0: refused
		says    string // what the client's error contains
	}{
		{"a client of today", &tls.Config{NextProtos: []string{"pop3"}}, tls.VersionTLS13, ""},
		{"no ALPN", &tls.Config{}, tls.VersionTLS13, ""},
		{"one of several protocols", &tls.Config{NextProtos: []string{"http/1.1", "pop3"}}, tls.VersionTLS13, ""},
		{"a browser", &tls.Config{NextProtos: []string{"http/1.1"}}, 0, "no application protocol"},
		{"a newer browser", &tls.Config{NextProtos: []string{"h2", "http/1.1"}}, 0, "no application protocol"},
		{"an SMTP client led astray", &tls.Config{NextProtos: []string{"smtp"}}, 0, "no application protocol"},
		{"a browser, TLS 1.2", &tls.Config{NextProtos: []string{"http/1.1"}, MaxVersion: tls.VersionTLS12}, 0, "no application protocol"},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, tls.VersionTLS12, ""},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, 0, "protocol version"},
		{"CBC alone", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}}, 0, "handshake failure"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			served := make(chan error, 1)
			go func() {
				served <- tls.Server(ours, config).Handshake()
				ours.Close()
			}()
			tt.client.InsecureSkipVerify = true
			client := tls.Client(theirs, tt.client)
			err := client.Handshake()
			theirs.Close()
			if failed := <-served; tt.version != 0 && failed != nil {
				t.Errorf("the box: %v", failed)
			}
			switch {
			case tt.version == 0 && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("it is told %v, want %q", err, tt.says)
			case tt.version != 0 && (err != nil || client.ConnectionState().Version != tt.version):
				t.Errorf("%v, version %x; want %x", err, client.ConnectionState().Version, tt.version)
			}
		})
	}
}
