package pop3_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// BenchmarkRetrieve retrieves one message repeatedly over loopback TCP. The cost of the client is
// included.
func BenchmarkRetrieve(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 10, 32 << 10, 256 << 10, 8 << 20} {
		for _, pipelined := range []int{1, 32} {
			b.Run(fmt.Sprintf("%dKiB/pipelined=%d", size>>10, pipelined), func(b *testing.B) {
				store := new(pop3test.Store)
				store.InFile(b)
				store.Deliver("anna", large(size))
				near, far := pair(b)
				c := talk(b, context.Background(), newServer(store), near, far)
				c.logIn()
				c.say("RETR 1")
				reply := int64(len(c.want("+OK")) + 2)
				for line := ""; line != ".\r\n"; reply += int64(len(line)) {
					line = c.want("") + "\r\n"
				}
				command := []byte(strings.Repeat("RETR 1\r\n", pipelined))
				b.SetBytes(reply)
				b.ReportAllocs()
				b.ResetTimer()
				for done := 0; done < b.N; {
					n := min(pipelined, b.N-done)
					if _, err := near.Write(command[:n*len("RETR 1\r\n")]); err != nil {
						b.Fatal(err)
					}
					if _, err := io.CopyN(io.Discard, c.in, int64(n)*reply); err != nil {
						b.Fatal(err)
					}
					done += n
				}
				b.StopTimer()
				c.conn.Close()
				<-c.over
			})
		}
	}
}
