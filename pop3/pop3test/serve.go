package pop3test

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Serve returns a function that connects over loopback TCP to serveConn, which is the ServeConn of
// a server of POP3 or SMTP. The sessions end before the test does.
func Serve(t testing.TB, serveConn func(ctx context.Context, conn net.Conn, implicitTLS bool) error, implicitTLS bool) (dial func() net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var sessions sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		listener.Close()
		cancel()
		sessions.Wait()
	})
	return func() net.Conn {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		sessions.Go(func() { serveConn(ctx, conn, implicitTLS) }) // which logs its error
		return client
	}
}
