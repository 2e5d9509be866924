package smtpd_test

import (
	"bufio"
	"fmt"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// BenchmarkMail sends messages one after another in one session over loopback, into a store that
// costs nothing. The client's time is included.
func BenchmarkMail(b *testing.B) {
	for _, size := range []int{4 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size>>10, "KiB"), func(b *testing.B) { benchmarkMail(b, size) })
	}
}

func benchmarkMail(b *testing.B, size int) {
	server, _ := newServer(nil)
	server.Log, server.MaxMessage = nil, 2<<20
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
	envelope := fmt.Appendf(nil, "MAIL FROM:<carla@example.org> SIZE=%d\r\nRCPT TO:<anna@home.arpa>\r\nDATA\r\n", size)
	line := strings.Repeat("x", 70) + "\r\n"
	content := []byte("Subject: x\r\n\r\n" + strings.Repeat(line, size/len(line)) + ".\r\n")
	send := func() {
		client.Write(envelope)
		hear(3)
		client.Write(content)
		hear(1)
	}
	send() // makes the buffers
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
}
