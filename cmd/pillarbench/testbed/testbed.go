package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/board"
	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/disk"
)

// Ports that the server listens on in a guest.
const (
	guestPOP3  = 110
	guestPOP3S = 995 // if configured
	guestSMTP  = 25
)

// A Bed is a board with the server on it, and a disk that survives power cuts of the board.
type Bed struct {
	machine    board.Machine
	guest      string // folder of scripts/qemu/guest.sh
	folder     string // temporary
	filesystem string
	mount      string // options
	memory     int    // MiB
	patience   time.Duration
	watchdog   bool // the board has one, and boots again after a reset
	outside    bool // it reaches this machine
	Disk       *disk.Disk
	server     *disk.Server

	board *board.Board  // nil if it has no power
	CPU   time.Duration // of the emulators of former boards
}

// Options are the options of a Bed.
type Options struct {
	Binary, Machine, Guest, Filesystem, Mount string
	Memory                                    int
	Patience                                  time.Duration

	Remotes []Remote // accounts at a provider on this machine
}

// diskOctets is the size of the disk: the spool and a file system around it.
const diskOctets = 128 << 20

// readyLine is part of the server's log line when it is ready, and of no line of the kernel's log.
const readyLine = "info  ready "

// Config is the server's configuration in the guest. The spool is the smallest, so that it soon
// writes into recycled slots.
const Config = `hostname = "board.home.arpa"
domains  = ["home.arpa"]
state    = "/state/box"

[pop3]
listen     = [":110"]
listen_tls = []

[smtp]
listen      = [":25"]
listen_tls  = []
max_message = "2MiB"

[spool]
capacity = "32MiB"
`

// New makes a disk with a fresh file system and the program disk.
func New(f Options, config string, accounts ...string) (r *Bed, err error) {
	machine, known := board.Named(f.Machine)
	if !known {
		return nil, fmt.Errorf("-machine: there is no %q", f.Machine)
	}
	r = &Bed{machine: machine, guest: f.Guest, filesystem: f.Filesystem, mount: f.Mount, memory: f.Memory, patience: f.Patience, outside: len(f.Remotes) > 0}
	if r.folder, err = os.MkdirTemp("", "board-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(r.folder)
		}
	}()
	binary, err := os.ReadFile(f.Binary)
	if err != nil {
		return nil, err
	}
	files := []board.File{
		{Name: "pillarbox", Mode: 0o755, Data: binary},
		{Name: "pillarbox.toml", Mode: 0o644, Data: []byte(withRemotes(config, f.Remotes))},
		{Name: "names", Mode: 0o644, Data: []byte(strings.Join(accounts, "\n") + "\n")},
		{Name: "password", Mode: 0o600, Data: []byte(client.Password + "\n")},
	}
	for _, remote := range f.Remotes {
		files = append(files, board.File{Name: "remote/" + remote.Name, Mode: 0o600, Data: []byte(remote.secret())})
	}
	if err := board.Pack(r.program(), files); err != nil {
		return nil, err
	}
	image, err := freshImage(filepath.Join(r.folder, "image"), f.Filesystem)
	if err != nil {
		return nil, err
	}
	r.Disk = disk.New(image)
	r.server, err = disk.Listen(r.socket(), r.Disk)
	return r, err
}

func (r *Bed) program() string { return filepath.Join(r.folder, "program") }
func (r *Bed) socket() string  { return filepath.Join(r.folder, "nbd") }

// freshImage returns the image of a new file system.
func freshImage(file, filesystem string) ([]byte, error) {
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	if err := os.Truncate(file, diskOctets); err != nil {
		return nil, err
	}
	if err := board.Format(filesystem, file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// powerOn turns the board on and does not wait for the guest.
func (r *Bed) powerOn() (err error) {
	r.board, err = board.Start(board.Options{
		Machine: r.machine, Guest: r.guest, Folder: r.folder, Program: r.program(),
		Words:  "fs=" + r.filesystem + " mount=" + r.mount,
		Memory: r.memory, Disk: r.socket(), Ports: []int{guestPOP3, guestPOP3S, guestSMTP, guestSMTPS},
		Outside:  r.outside,
		Watchdog: r.watchdog, Patience: r.patience,
	})
	return err
}

// Boot turns the board on and returns when the server is ready.
func (r *Bed) Boot(ctx context.Context) error {
	if err := r.powerOn(); err != nil {
		return err
	}
	_, err := r.board.Await(ctx, readyLine)
	return err
}

// WhilePowered returns a context that also ends when the disk's power is cut. Its cancel function
// waits for the goroutine that observes the disk.
func (r *Bed) WhilePowered(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	dead, done := r.Disk.Dead(), make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		select {
		case <-dead:
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); <-done }
}

// Kill cuts the power of board and disk.
func (r *Bed) Kill() {
	r.Disk.Cut()
	if r.board != nil {
		r.board.Kill()
		r.CPU += r.board.CPU()
		r.board = nil
	}
}

// Close cuts the power and removes all files.
func (r *Bed) Close() error {
	r.Kill()
	return errors.Join(r.server.Close(), os.RemoveAll(r.folder))
}

func (r *Bed) SMTP() string  { return r.board.Address(guestSMTP) }
func (r *Bed) SMTPS() string { return r.board.Address(guestSMTPS) }
func (r *Bed) POP3() string  { return r.board.Address(guestPOP3) }
func (r *Bed) pop3s() string { return r.board.Address(guestPOP3S) }

// command types a word on the console and returns after a line of the guest's init that contains
// the text.
func (r *Bed) command(ctx context.Context, word, text string) error {
	if err := r.board.Say(word); err != nil {
		return err
	}
	_, err := r.board.Await(ctx, text)
	return err
}

// Stop ends the server with SIGTERM, checks its exit code, and unmounts the disk.
func (r *Bed) Stop(ctx context.Context) error {
	if err := r.command(ctx, "stop", "board: the box ended with 0"); err != nil {
		return err
	}
	return r.command(ctx, "unmount", "board: unmounted")
}

// A usage is the guest's memory in KiB.
type usage struct {
	pid    int // of the server
	own    int // private memory of the server
	most   int // maximum of own in several readings; 0 if there is one reading
	free   int // available memory
	killed int // processes that the guest killed because it was out of memory
}

// memoryUsage reads the guest's memory.
func (r *Bed) memoryUsage(ctx context.Context) (usage, error) {
	if err := r.board.Say("memory"); err != nil {
		return usage{}, err
	}
	line, err := r.board.Await(ctx, "board: free")
	if err != nil {
		return usage{}, err
	}
	return parseUsage(line)
}

func parseUsage(line string) (u usage, err error) {
	var all int
	if _, err = fmt.Sscanf(line, "board: free %d of %d KiB, box %d: %d KiB its own, %d killed", &u.free, &all, &u.pid, &u.own, &u.killed); err != nil {
		err = fmt.Errorf("memory of the guest, line %q: %w", line, err)
	}
	return u, err
}
