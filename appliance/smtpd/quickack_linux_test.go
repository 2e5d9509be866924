package smtpd_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pillarbox/pop3/pop3test"
)

// TestQuickAck: a client that writes a line, a chunk or content in pieces waits for the
// acknowledgment of each piece. The server requests it from the kernel once per piece, and never
// when a command is complete.
func TestQuickAck(t *testing.T) {
	const (
		data  = "MAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\n"
		chunk = "MAIL FROM:<>\r\nRCPT TO:<anna>\r\n"
	)
	for _, tt := range []struct {
		name, before, codes string   // codes are those of the replies to before
		pieces              []string // each is written while the server waits for it
		code                string   // of the reply to them
	}{
		{"a whole line", "", "", []string{"NOOP\r\n"}, "250"},
		{"a line", "", "", []string{"NO", "OP", "\r", "\n"}, "250"},
		{"a response", "AUTH LOGIN\r\n", "334", []string{"YW5u", "YQ==\r\n"}, "334"},
		{"a whole chunk", chunk, "250 250", []string{"BDAT 9 LAST\r\nSubject:x"}, "250"},
		{"a chunk behind its command", chunk, "250 250", []string{"BDAT 9 LAST\r\n", "Subject:x"}, "250"},
		{"a chunk in pieces", chunk, "250 250", []string{"BDAT 9 LAST\r\nSub", "ject", ":x"}, "250"},
		{"a chunk that is refused", "", "", []string{"BDAT 2\r\n", "x", "x"}, "503"},
		{"whole content", data, "250 250 354", []string{"Subject: x\r\n\r\n.\r\n"}, "250"},
		{"the final dot", data, "250 250 354", []string{"Subject: x\r\n\r\nbody", "\r\n.\r\n"}, "250"},
		{"the final dot, line by line", data, "250 250 354", []string{"Subject: x\r\n", "\r\n", ".\r\n"}, "250"},
		{"inside the end of data", data, "250 250 354", []string{"Subject: x\r\n.", "\r\n"}, "250"},
	} {
		for _, transport := range []string{"TCP", "TLS"} {
			t.Run(tt.name+" over "+transport, func(t *testing.T) {
				server, _ := newServer(new(backend))
				server.TLS = pop3test.TLS(t, "smtp")
				var calls atomic.Int32
				server.SetQuickAck(func(int) error { calls.Add(1); return nil })
				near, far := tcpPair(t)
				over := make(chan error, 1)
				go func() { over <- server.ServeConn(context.Background(), far, transport == "TLS") }()
				if transport == "TLS" {
					near = tls.Client(near, &tls.Config{InsecureSkipVerify: true})
				}
				c := &caller{t, near, bufio.NewReader(near), over}
				c.expects("220")
				c.says("HELO client\r\n")
				c.expects("250")
				for i, line := range strings.SplitAfter(tt.before, "\r\n") {
					if codes := strings.Fields(tt.codes); i < len(codes) {
						c.says(line)
						c.expects(codes[i])
					}
				}
				for i, piece := range tt.pieces {
					c.says(piece)
					if i == len(tt.pieces)-1 {
						break
					}
					for by := time.Now().Add(time.Minute); calls.Load() < int32(i+1); runtime.Gosched() {
						if time.Now().After(by) {
							t.Fatalf("%d calls after piece %d, and no more within a minute", calls.Load(), i)
						}
					}
				}
				c.expects(tt.code)
				if got, want := int(calls.Load()), len(tt.pieces)-1; got != want {
					t.Errorf("%d calls, want %d", got, want)
				}
				near.Close()
				<-over
			})
		}
	}
}

// tcpPair returns both ends of a loopback TCP connection.
func tcpPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if near, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	if far, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}
