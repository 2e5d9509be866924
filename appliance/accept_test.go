package appliance

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/logbook"
	"pillarbox/pop3"
)

// poor is a listener of a machine that has no descriptors left, until one is given up.
type poor struct {
	spare *spare
	queue []net.Conn
	seen  []bool // for each Accept, whether a descriptor was held in reserve
}

func (p *poor) Accept() (net.Conn, error) {
	held := p.spare.file != nil
	p.seen = append(p.seen, held)
	switch {
	case len(p.queue) == 0:
		return nil, net.ErrClosed
	case held:
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	conn := p.queue[0]
	p.queue = p.queue[1:]
	return conn, nil
}

func (p *poor) SetDeadline(time.Time) error { return nil }
func (p *poor) Close() error                { return nil }
func (p *poor) Addr() net.Addr              { return &net.TCPAddr{} }

// TestNoDescriptorsLeft: clients are told so, the loop slows down and goes on, and the reserve is held again.
func TestNoDescriptorsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(logbook.InfoLevel)
		a := &Appliance{log: logbook.New(core), sessions: newSessions(), spare: newSpare()}
		defer a.spare.close()
		defer a.sessions.cancel()
		l := &poor{spare: a.spare}
		var clients []net.Conn
		for range 3 {
			ours, theirs := net.Pipe()
			l.queue, clients = append(l.queue, ours), append(clients, theirs)
		}
		began := time.Now()
		a.rules.Store(&rules{servers: map[protocol]server{protoPOP3: &pop3.Server{}}})
		told := make([]string, len(clients))
		var group sync.WaitGroup
		for n, client := range clients {
			group.Go(func() {
				text, _ := io.ReadAll(client) // whatever ends it
				told[n] = string(text)
			})
		}
		a.accept(t.Context(), &listener{Listener: l, proto: protoPOP3})
		group.Wait()
		for n, text := range told {
			if text != "-ERR [SYS/TEMP] "+refusedFull+"\r\n" {
				t.Errorf("client %d was told %q", n, text)
			}
		}
		if got := time.Since(began); got != (5+10+20)*time.Millisecond {
			t.Errorf("the loop paused for %v", got)
		}
		if a.spare.file == nil || !l.seen[len(l.seen)-1] {
			t.Error("no descriptor is held in reserve")
		}
		if got := logs.FilterMessage("connections could not be accepted").Len(); got != 1 {
			t.Errorf("%d warnings, want one a minute", got)
		}
	})
}

// TestSessionsAreCountedOut: what has ended holds no place, and nothing is left of it.
func TestSessionsAreCountedOut(t *testing.T) {
	b := start(t, settings(t.TempDir()), Options{})
	for range mostPerPeer / 4 {
		b.dial("pop3.listen").must("QUIT")
		b.dial("smtp.listen").must("QUIT")
	}
	b.dial("pop3.listen") // and leaves without a word
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	if b.gate.total != 0 || b.gate.leaving != 0 || len(b.gate.crowds) != 0 || len(b.sessions.open) != 0 {
		t.Errorf("%d sessions and %d peers are counted, %d connections kept", b.gate.total, len(b.gate.crowds), len(b.sessions.open))
	}
}
