package siege

import (
	"context"
	"sync"
	"time"
)

const (
	handshakeAddresses = 3
	handshakesPerS     = 600 // from each address
	// handshakeHeld is how long each connection stays open, unless the server closes it before.
	handshakeHeld = time.Second
)

// handshakes opens connections to the TLS port from a few addresses and sends nothing, so that no
// handshake ends.
func handshakes(ctx context.Context, t Target, c *Counts) {
	together(handshakeAddresses, func(i int) {
		tick := time.NewTicker(time.Second / handshakesPerS)
		defer tick.Stop()
		var held sync.WaitGroup
		defer held.Wait()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if conn := connect(ctx, c, stranger(i), t.POP3S); conn != nil {
				held.Go(func() {
					conn.SetDeadline(time.Now().Add(handshakeHeld))
					drain(conn)
				})
			}
		}
	})
}
