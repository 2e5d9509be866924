package siege

import (
	"context"
	"net"
	"runtime"
	"sync"
	"syscall"
)

const (
	localConnections = 256
	// nobody is the user id of a service without privileges.
	nobody = 65534
)

// local holds connections of another user to the LMTP socket. Without root it cannot connect.
func local(ctx context.Context, t Target, c *Counts) {
	var held sync.WaitGroup
	defer held.Wait()
	together(1, func(int) {
		// This changes the user of one thread, which the socket reports as the peer's. The thread
		// ends with the goroutine.
		runtime.LockOSThread()
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
			return
		}
		for range localConnections {
			conn := opened(ctx, c, func() (net.Conn, error) { return net.Dial("unix", t.LMTP) })
			if conn != nil {
				held.Go(func() {
					conn.Write([]byte("LHLO localhost\r\n"))
					drain(conn)
				})
			}
		}
	})
	<-ctx.Done()
}
