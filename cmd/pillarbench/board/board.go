package board

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Options say what a board is made of.
type Options struct {
	Machine  Machine
	Folder   string        // for sockets: its own, short path
	Guest    string        // folder that scripts/qemu/guest.sh has made for the machine
	Program  string        // image of Pack: the second disk, read only
	Words    string        // for the kernel's command line, read by the guest's init
	Memory   int           // MiB
	Disk     string        // unix socket of NBD: the first disk
	Ports    []int         // of the guest that are forwarded
	Watchdog bool          // has one, and comes up again after a reset; else a reset ends it
	Patience time.Duration // for each wait
}

// A Board has power from Start to Kill.
type Board struct {
	opts      Options
	addresses map[int]string // by port of the guest
	command   *exec.Cmd
	stdin     io.WriteCloser
	console   *transcript
	monitor   *monitor
	gone      chan struct{} // closed when the emulator has ended and all it said was read
}

// Start gives a board power. It returns before the guest has done anything.
func Start(opts Options) (*Board, error) {
	b := &Board{opts: opts, console: newTranscript(), gone: make(chan struct{})}
	socket := filepath.Join(opts.Folder, "qmp")
	os.Remove(socket)
	b.command = exec.Command(opts.Machine.emulator, b.arguments(socket)...)
	b.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if b.stdin, err = b.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	b.command.Stdout, b.command.Stderr = in, in
	err = b.command.Start()
	in.Close()
	if err != nil {
		out.Close()
		return nil, err
	}
	go func() {
		defer close(b.gone)
		b.console.copy(out)
		out.Close()
		b.command.Wait() // how it ended says nothing
	}()
	if b.monitor, err = dialMonitor(socket, b.gone); err == nil {
		b.addresses, err = b.monitor.forwarded(opts.Ports)
	}
	if err != nil {
		b.Kill()
		return nil, fmt.Errorf("%s: %w: %s", opts.Machine.emulator, err, b.Tail())
	}
	return b, nil
}

// kernelWords spare time, and memory: Debian's kernel keeps eight MiB for the files of its tracer for ever, a fourth of what
// it leaves of 64, and without them the guest would page its programs in and out all the time. A kernel for small boards has no tracer.
const kernelWords = "panic=1 quiet mitigations=off audit=0 cryptomgr.notests initcall_blacklist=tracer_init_tracefs "

// arguments is the command line of the emulator.
func (b *Board) arguments(socket string) []string {
	o := b.opts
	network := "user,restrict=on"
	for _, port := range o.Ports {
		network += fmt.Sprintf(",hostfwd=tcp:127.0.0.1:0-10.0.2.15:%d", port) // a port that is free; see forwarded
	}
	m := o.Machine
	args := []string{
		"-smp", "1", "-m", strconv.Itoa(o.Memory), "-nographic", "-nodefaults",
		"-serial", "stdio", "-qmp", "unix:" + socket + ",server=on,wait=off",
		"-kernel", filepath.Join(o.Guest, "vmlinuz"), "-initrd", filepath.Join(o.Guest, "base.gz"),
		"-append", kernelWords + m.words + " " + o.Words,
	}
	args = append(args, m.board...)
	if m.tree != "" {
		args = append(args, "-dtb", filepath.Join(o.Guest, m.tree))
	}
	args = append(args, m.network(network)...)
	args = append(args, m.disk("d", "cache=writeback,discard=unmap,file=nbd+unix:///?socket="+o.Disk)...)
	args = append(args, m.disk("p", "file="+o.Program)...)
	if o.Watchdog {
		args = append(args, m.watchdog...)
	} else {
		args = append(args, "-no-reboot")
	}
	return args
}

// Address returns where a port of the guest is reached from here.
func (b *Board) Address(port int) string { return b.addresses[port] }

// Await returns the next line of the console that has the text in it; lines before it are passed over.
func (b *Board) Await(ctx context.Context, text string) (string, error) {
	return b.patiently(ctx, b.console, text)
}

// Event returns the next message of the hardware of that name, such as WATCHDOG.
func (b *Board) Event(ctx context.Context, name string) (string, error) {
	return b.patiently(ctx, b.monitor.said, pattern(name))
}

// errImpatient is the cause when the guest takes longer than Options.Patience.
var errImpatient = errors.New("that takes too long")

func (b *Board) patiently(ctx context.Context, t *transcript, text string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.opts.Patience, errImpatient)
	defer cancel()
	line, err := t.await(ctx, text)
	if err != nil {
		return "", fmt.Errorf("%w; the console ends:\n%s", err, b.Tail())
	}
	return line, nil
}

// Say types a line on the console.
func (b *Board) Say(line string) error {
	_, err := io.WriteString(b.stdin, line+"\n")
	return err
}

// Tail returns the end of what was said on the console.
func (b *Board) Tail() string { return b.console.tail() }

// Gone is closed when the board has lost its power, by Kill or by itself.
func (b *Board) Gone() <-chan struct{} { return b.gone }

// CPU returns what the emulator has used; it is known when Gone is closed.
func (b *Board) CPU() time.Duration {
	<-b.gone
	return b.command.ProcessState.UserTime() + b.command.ProcessState.SystemTime()
}

// Kill takes the power away and returns when it is gone.
func (b *Board) Kill() {
	b.command.Process.Kill()
	<-b.gone
	if b.monitor != nil {
		b.monitor.close()
	}
}
