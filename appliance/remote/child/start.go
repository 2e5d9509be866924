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

	"pillarbox/appliance/remote/link"
)

// Command is the argument that makes the program a child. It is in no list of commands.
const Command = "remote-session"

const (
	lifetime = time.Hour       // of a child
	silence  = 3 * time.Minute // in which a child that works says something
)

// A Program is the program that runs, held open so that it can be started again when its file was
// replaced or removed.
type Program struct {
	file *os.File
	path string   // used where there is no /proc
	null *os.File // input and output of children: it cannot be opened once the server is confined
	tickets
}

// leastDescriptor is above all descriptors that a child is given: these are renumbered before the
// program is started.
const leastDescriptor = 10

// OpenProgram opens the program of this process.
func OpenProgram() (*Program, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile("/proc/self/exe", openPath|syscall.O_CLOEXEC, 0)
	if err != nil {
		path, err := os.Executable()
		return &Program{path: path, null: null}, err
	}
	fd, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_DUPFD_CLOEXEC, leastDescriptor)
	f.Close()
	if errno != 0 {
		null.Close()
		return nil, os.NewSyscallError("fcntl", errno)
	}
	return &Program{file: os.NewFile(fd, "program"), null: null}, nil
}

// openPath is O_PATH, which package syscall does not have.
const openPath = 0x200000

// Path returns a name of the program that can be started.
func (p *Program) Path() string {
	if p.file == nil {
		return p.path
	}
	return fmt.Sprintf("/proc/self/fd/%d", p.file.Fd())
}

// Close closes the program.
func (p *Program) Close() error {
	p.null.Close()
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}

// A Child is a process that was started. The embedded client is its session.
type Child struct {
	*link.Client
	command *exec.Cmd
	stderr  *beginning
	cancel  context.CancelFunc
	ended   sync.Once
	err     error
	tickets *tickets // of the program
	key     string   // of the ticket
}

// Open connects and logs in.
func (c *Child) Open(t link.Target) error {
	c.key = keyOf(&t)
	t.Ticket = c.tickets.take(c.key)
	return c.Client.Open(t)
}

// Close ends the session, after it has given its ticket for the next one.
func (c *Child) Close() error {
	if b, err := c.Ticket(); err == nil {
		c.tickets.keep(c.key, b)
	}
	return c.Client.Close()
}

// Start starts a child. It is killed when ctx ends or its time is over. Wait must be called.
func (p *Program) Start(ctx context.Context) (*Child, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	near, far := os.NewFile(uintptr(pair[0]), "child"), os.NewFile(uintptr(pair[1]), "child")
	defer far.Close()
	conn, err := net.FileConn(near)
	near.Close()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lifetime)
	c := &Child{stderr: &beginning{}, cancel: cancel, tickets: &p.tickets}
	c.command = exec.CommandContext(ctx, p.Path(), Command)
	c.command.Env = Environment()
	c.command.Args[0] = "pillarbox"
	c.command.ExtraFiles = []*os.File{far}
	c.command.Stdin, c.command.Stdout, c.command.Stderr = p.null, p.null, c.stderr
	c.command.WaitDelay = time.Second
	if err := c.command.Start(); err != nil {
		cancel()
		conn.Close()
		return nil, fmt.Errorf("start a session with a provider: %w", err)
	}
	c.Client = link.NewClient(quiet{conn})
	return c, nil
}

// Wait hangs up and waits until the child has ended; one that does not is killed. It returns how it
// ended: nil if in order.
func (c *Child) Wait() error {
	c.ended.Do(func() {
		c.Hangup()
		timer := time.AfterFunc(10*time.Second, c.cancel)
		c.err = c.command.Wait()
		timer.Stop()
		c.cancel()
		if c.err != nil {
			c.err = fmt.Errorf("the session with the provider ended: %w: %s", c.err, strings.TrimSpace(c.stderr.String()))
		}
	})
	return c.err
}

// Kill ends the child now.
func (c *Child) Kill() { c.cancel() }

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

const mostStderr = 4 << 10

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
