package pop3

import (
	"bufio"
	"context"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
)

// A session that ends while nobody dozes is over when the watch is, so who waits for the sessions waits for it; one that ends
// while another dozes is over at once.
func TestLastSessionWaitsForTheWatch(t *testing.T) {
	for name, dozing := range map[string]int{"the last": 0, "another dozes": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &Server{}
				d := &server.dormitory
				d.watches, d.dozing, d.changed = 1, dozing, sync.NewCond(&d.mu)
				near, far := net.Pipe()
				over := false
				server.Serve(context.Background(), far, false, func() { over = true })
				if _, err := bufio.NewReader(near).ReadString('\n'); err != nil {
					t.Fatal(err)
				}
				near.Close()
				synctest.Wait()
				if over != (dozing > 0) {
					t.Errorf("over: %v, while %d doze", over, dozing)
				}
				file, err := os.Open(os.DevNull)
				if err != nil {
					t.Fatal(err)
				}
				d.unwatch(file)
				synctest.Wait()
				if !over {
					t.Error("the watch has ended, and the session is not over")
				}
			})
		})
	}
}
