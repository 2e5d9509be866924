package measure

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// A Peak is the most private memory that was seen, in octets: of the program that fetches or sends
// and its children, and of the server.
type Peak struct{ Child, Server int64 }

// sampleEvery is how often memory is looked at.
const sampleEvery = 30 * time.Millisecond

// Watch looks at memory until stop is called, after which the peak holds what was seen.
func (p *Peak) Watch(sample func() Peak) (stop func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			now := sample()
			p.Child, p.Server = max(p.Child, now.Child), max(p.Server, now.Server)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}

// ParentAndChildren is a sample of a server whose children fetch and send. A process that ends
// while it is looked at counts as 0. So does a child with the command line of the server: it shares
// the memory of the server until it runs another program.
func ParentAndChildren(pid int) (p Peak) {
	p.Server, _ = Anonymous(pid)
	members, _ := family(pid)
	own := commandLine(pid)
	for child := range members {
		if child == pid {
			continue
		}
		octets, err := Anonymous(child)
		if err == nil && commandLine(child) != own {
			p.Child += octets
		}
	}
	return p
}

// commandLine returns the command line of a process, "" if it has ended.
func commandLine(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return string(text)
}
