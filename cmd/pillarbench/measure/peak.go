package measure

import (
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
// while it is looked at counts as 0.
func ParentAndChildren(pid int) Peak {
	parent, _ := Anonymous(pid)
	all, _ := FamilyAnonymous(pid)
	return Peak{Child: max(all-parent, 0), Server: parent}
}
