package listen

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/access"
)

// A refuser is a server that refuses with the text alone.
type refuser struct{}

func (refuser) ServeConn(context.Context, net.Conn, bool) error { return nil }

func (refuser) Refuse(conn net.Conn, text string) {
	io.WriteString(conn, text)
	conn.Close()
}

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

// TestNoDescriptorsLeft: clients are told so, the loop slows down and goes on, and the reserve is
// held again.
func TestNoDescriptorsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.InfoLevel)
		rules := func() Rules { return Rules{Servers: map[Protocol]Server{POP3: refuser{}}} }
		a := NewAcceptor(access.NewTable(), zap.New(core), rules, func() {})
		defer a.Close()
		l := &poor{spare: a.spare}
		var clients []net.Conn
		for range 3 {
			ours, theirs := net.Pipe()
			l.queue, clients = append(l.queue, ours), append(clients, theirs)
		}
		began := time.Now()
		told := make([]string, len(clients))
		var group sync.WaitGroup
		for n, client := range clients {
			group.Go(func() {
				text, _ := io.ReadAll(client) // whatever ends it
				told[n] = string(text)
			})
		}
		a.Accept(t.Context(), &Listener{Listener: l, Protocol: POP3})
		group.Wait()
		for n, text := range told {
			if text != access.RefusedFull {
				t.Errorf("client %d was told %q", n, text)
			}
		}
		if got := time.Since(began); got != (5+10+20)*time.Millisecond {
			t.Errorf("the loop paused for %v", got)
		}
		if a.spare.file == nil || !l.seen[len(l.seen)-1] {
			t.Error("no descriptor is held in reserve")
		}
		if got := logs.FilterMessage("accepting connections failed").Len(); got != 1 {
			t.Errorf("%d warnings, want one a minute", got)
		}
	})
}
