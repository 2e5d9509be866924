package child

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"pillarbox/appliance/outbound/link"
	"pillarbox/appliance/outbound/smarthost"
	remote "pillarbox/appliance/remote/child"
)

const (
	lifetime   = time.Hour        // of a child that was given nothing to do
	slowest    = 4 << 10          // octets a second of a message, beyond that
	silence    = 15 * time.Minute // for one answer of it
	farewell   = 10 * time.Second // to end after its socket was closed
	mostStderr = 4 << 10
)

// A Session is a session that a child has. Close must be called.
type Session struct {
	*link.Client
	process *process
}

// timeFor is how long a child may take for a message and what follows.
func timeFor(octets int64) time.Duration {
	return lifetime + time.Duration(max(octets, 0)/slowest)*time.Second
}

// Start starts a child from the program at path, and has it log in. The child is killed when ctx
// ends or its time is over, which starts again with each message.
func Start(ctx context.Context, path string, t link.Target) (*Session, error) {
	p, conn, err := launch(ctx, path)
	if err != nil {
		return nil, err
	}
	c, err := link.Open(quiet{conn}, t)
	if err != nil {
		if crash := p.wait(); crash != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w (%w)", err, crash)
		}
		return nil, err
	}
	return &Session{c, p}, nil
}

// Send hands a message over.
func (s *Session) Send(m *smarthost.Message) ([]smarthost.Result, error) {
	s.process.life.Reset(timeFor(m.Octets))
	return s.Client.Send(m)
}

// Close ends the session and waits until the child has ended.
func (s *Session) Close() {
	s.Client.Close()
	_ = s.process.wait() // the results are there already
}

// A process is a child that was started.
type process struct {
	command *exec.Cmd
	stderr  *beginning
	cancel  context.CancelFunc
	life    *time.Timer // kills the child
}

func launch(ctx context.Context, path string) (*process, net.Conn, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	near, far := os.NewFile(uintptr(pair[0]), "child"), os.NewFile(uintptr(pair[1]), "child")
	defer far.Close()
	conn, err := net.FileConn(near)
	near.Close()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &process{stderr: &beginning{}, cancel: cancel}
	p.command = exec.CommandContext(ctx, path, Command)
	p.command.Env = remote.Environment()
	p.command.Args[0] = "pillarbox"
	p.command.ExtraFiles = []*os.File{far}
	// A server that is confined cannot open /dev/null to write.
	p.command.Stdout, p.command.Stderr = p.stderr, p.stderr
	p.command.WaitDelay = time.Second
	if err := p.command.Start(); err != nil {
		cancel()
		conn.Close()
		return nil, nil, fmt.Errorf("start a session with the outgoing server: %w", err)
	}
	p.life = time.AfterFunc(lifetime, cancel)
	return p, conn, nil
}

// wait waits until the child has ended, whose socket was closed; one that does not end is killed.
func (p *process) wait() error {
	timer := time.AfterFunc(farewell, p.cancel)
	err := p.command.Wait()
	timer.Stop()
	p.life.Stop()
	p.cancel()
	if err != nil {
		err = fmt.Errorf("the session ended: %w: %s", err, strings.TrimSpace(p.stderr.String()))
	}
	return err
}

// A quiet connection fails when the child is silent for too long.
type quiet struct{ net.Conn }

func (q quiet) Read(b []byte) (int, error) {
	if err := q.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return q.Conn.Read(b)
}

func (q quiet) Write(b []byte) (int, error) {
	if err := q.SetWriteDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return q.Conn.Write(b)
}

// A beginning keeps the beginning of what a child prints: of a crash that is the reason.
type beginning struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *beginning) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := mostStderr - t.text.Len(); room > 0 {
		t.text.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

func (t *beginning) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}
