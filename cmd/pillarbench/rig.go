package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/board"
	"pillarbox/cmd/pillarbench/disk"
)

// Ports that the box listens on in a guest.
const (
	guestPOP3  = 110
	guestPOP3S = 995 // if configured
	guestSMTP  = 25
)

// A rig is a board with the box on it and a disk that outlives both.
type rig struct {
	// set at birth
	machine    board.Machine
	guest      string // folder of scripts/qemu/guest.sh
	folder     string // temporary
	filesystem string
	mount      string // options
	memory     int    // MiB
	patience   time.Duration
	watchdog   bool // the board has one, and comes up again after a reset
	disk       *disk.Disk
	server     *disk.Server

	board *board.Board  // nil: no power
	cpu   time.Duration // of the emulator, of boards that are gone
}

// rigFlags are the flags of all subcommands that need a board.
type rigFlags struct {
	box, machine, guest, filesystem, mount string
	memory                                 int
	patience                               time.Duration
}

func (f *rigFlags) add(set *flag.FlagSet) {
	set.StringVar(&f.box, "box", "", "the pillarbox `binary`, static, for arm64 or armv7")
	set.StringVar(&f.machine, "machine", "virt", "virt (arm64 or armv7) or imx6ul (armv7)")
	set.StringVar(&f.guest, "guest", "", "the `folder` that scripts/qemu/guest.sh has made for the machine")
	set.StringVar(&f.filesystem, "filesystem", "ext4", "of the disk: ext4 or f2fs")
	set.StringVar(&f.mount, "mount", "noatime", "`options` for mount")
	set.IntVar(&f.memory, "memory", 64, "of the board in MiB")
	set.DurationVar(&f.patience, "patience", 10*time.Minute, "for one step of the guest")
}

// diskOctets is the size of the disk: the spool, and room for a file system around it.
const diskOctets = 128 << 20

// boxReady is in the line of the box's log that says so, and in none of the kernel's ("already").
const boxReady = "info  ready "

// guestConfig is the box's configuration in the guest. The smallest spool soon writes into recycled slots.
const guestConfig = `hostname = "board.home.arpa"
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

// newRig makes a disk with a fresh file system and the program disk.
func newRig(set *flag.FlagSet, f rigFlags, config string, accounts ...string) (r *rig, err error) {
	if f.box == "" || f.guest == "" {
		fmt.Fprintf(set.Output(), "%s: -box and -guest are needed\n", set.Name())
		return nil, errUsage
	}
	machine, known := board.Named(f.machine)
	if !known {
		return nil, fmt.Errorf("-machine: there is no %q", f.machine)
	}
	r = &rig{machine: machine, guest: f.guest, filesystem: f.filesystem, mount: f.mount, memory: f.memory, patience: f.patience}
	if r.folder, err = os.MkdirTemp("", "board-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(r.folder)
		}
	}()
	binary, err := os.ReadFile(f.box)
	if err != nil {
		return nil, err
	}
	files := []board.File{
		{Name: "pillarbox", Mode: 0o755, Data: binary},
		{Name: "pillarbox.toml", Mode: 0o644, Data: []byte(config)},
		{Name: "names", Mode: 0o644, Data: []byte(strings.Join(accounts, "\n") + "\n")},
		{Name: "password", Mode: 0o600, Data: []byte(password + "\n")},
	}
	if err := board.Pack(r.program(), files); err != nil {
		return nil, err
	}
	image, err := freshImage(filepath.Join(r.folder, "image"), f.filesystem)
	if err != nil {
		return nil, err
	}
	r.disk = disk.New(image)
	r.server, err = disk.Listen(r.socket(), r.disk)
	return r, err
}

func (r *rig) program() string { return filepath.Join(r.folder, "program") }
func (r *rig) socket() string  { return filepath.Join(r.folder, "nbd") }

// freshImage returns the octets of a new file system.
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

// power gives the board power and returns before the guest has done anything.
func (r *rig) power() (err error) {
	r.board, err = board.Start(board.Options{
		Machine: r.machine, Guest: r.guest, Folder: r.folder, Program: r.program(),
		Words:  "fs=" + r.filesystem + " mount=" + r.mount,
		Memory: r.memory, Disk: r.socket(), Ports: []int{guestPOP3, guestPOP3S, guestSMTP},
		Watchdog: r.watchdog, Patience: r.patience,
	})
	return err
}

// boot gives the board power and returns when the box is ready.
func (r *rig) boot(ctx context.Context) error {
	if err := r.power(); err != nil {
		return err
	}
	_, err := r.board.Await(ctx, boxReady)
	return err
}

// dying returns a context that also ends when the disk's power goes. Its cancel function waits for that to be settled.
func (r *rig) dying(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	dead, done := r.disk.Dead(), make(chan struct{})
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

// kill takes the power from board and disk.
func (r *rig) kill() {
	r.disk.Cut()
	if r.board != nil {
		r.board.Kill()
		r.cpu += r.board.CPU()
		r.board = nil
	}
}

// close leaves nothing behind.
func (r *rig) close() error {
	r.kill()
	return errors.Join(r.server.Close(), os.RemoveAll(r.folder))
}

func (r *rig) smtp() string  { return r.board.Address(guestSMTP) }
func (r *rig) pop3() string  { return r.board.Address(guestPOP3) }
func (r *rig) pop3s() string { return r.board.Address(guestPOP3S) }

// say types a word on the console and returns when the guest's init has answered it with a line that has the text in it.
func (r *rig) say(ctx context.Context, word, text string) error {
	if err := r.board.Say(word); err != nil {
		return err
	}
	_, err := r.board.Await(ctx, text)
	return err
}

// stop ends the box with SIGTERM, which must go well, and unmounts the disk.
func (r *rig) stop(ctx context.Context) error {
	if err := r.say(ctx, "stop", "board: the box ended with 0"); err != nil {
		return err
	}
	return r.say(ctx, "unmount", "board: unmounted")
}

// A usage is what the guest says of its memory, in KiB.
type usage struct {
	box    int // process
	own    int // what only the box has
	most   int // of several readings of own; 0: there is one
	free   int // for programs
	killed int // processes, for want of memory, since it booted
}

// usage asks the guest for its memory.
func (r *rig) usage(ctx context.Context) (usage, error) {
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
	if _, err = fmt.Sscanf(line, "board: free %d of %d KiB, box %d: %d KiB its own, %d killed", &u.free, &all, &u.box, &u.own, &u.killed); err != nil {
		err = fmt.Errorf("the guest says %q of its memory: %w", line, err)
	}
	return u, err
}
