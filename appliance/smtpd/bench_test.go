package smtpd_test

import (
	"bufio"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// BenchmarkMail sends messages of 4 KiB one after another in one session over loopback, into a
// store that costs nothing. The client's time is included.
func BenchmarkMail(b *testing.B) {
	server, _ := newServer(nil)
	server.Log = nil
	server.Router, server.Spooler = new(backend), nowhere{}
	client := pop3test.Serve(b, server.ServeConn, false)()
	defer client.Close()
	in := bufio.NewReader(client)
	hear := func(n int) {
		for range n {
			if _, err := in.ReadSlice('\n'); err != nil {
				b.Fatal(err)
			}
		}
	}
	client.Write([]byte("HELO client\r\n"))
	hear(2)
	envelope := []byte("MAIL FROM:<carla@example.org> SIZE=4096\r\nRCPT TO:<anna@home.arpa>\r\nDATA\r\n")
	content := []byte("Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 56) + ".\r\n")
	b.ReportAllocs()
	for b.Loop() {
		client.Write(envelope)
		hear(3)
		client.Write(content)
		hear(1)
	}
}
