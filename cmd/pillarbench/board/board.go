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

// A Machine is a board that the emulator supports. The emulator reports when its watchdog fires.
type Machine struct {
	Name     string
	emulator string
	board    []string // arguments of every board
	tree     string   // device tree, a file in the guest's folder; "" if the emulator makes one
	words    string   // kernel command line: console and disks
	network  func(backend string) []string
	disk     func(name, backend string) []string
	watchdog []string // arguments for a watchdog
	Forgets  bool     // after a reset the emulated watchdog does not report that it was the cause
	Waits    bool     // the emulator itself, and so its watchdog, stops while a disk hangs
}

// Machines are the boards that were tested. Of the first only the processor exists as real
// hardware. The second is NXP's evaluation board for the i.MX 6UltraLite, with its own card
// slots, network and watchdog. Its cards know no flush, so that they show nothing about power
// cuts.
var Machines = [...]Machine{
	{
		Name: "virt", emulator: "qemu-system-aarch64",
		board: []string{"-M", "virt", "-cpu", "cortex-a53"},
		words: "console=ttyAMA0 disk=/dev/vda program=/dev/vdb",
		network: func(backend string) []string {
			return []string{"-netdev", backend + ",id=n", "-device", "virtio-net-pci,netdev=n,romfile="}
		},
		disk: func(name, backend string) []string {
			return []string{"-drive", "if=none,id=" + name + ",format=raw," + backend, "-device", "virtio-blk-pci,drive=" + name}
		},
		watchdog: []string{"-device", "i6300esb", "-action", "watchdog=reset"},
	},
	{
		Name: "imx6ul", emulator: "qemu-system-arm",
		board: []string{"-M", "mcimx6ul-evk"}, tree: "imx6ul-14x14-evk.dtb",
		words: "console=ttymxc0 disk=/dev/mmcblk0 program=/dev/mmcblk1",
		network: func(backend string) []string { // Linux finds the link only at the second of two
			return []string{"-nic", "user,restrict=on", "-nic", backend}
		},
		disk:     func(_, backend string) []string { return []string{"-drive", "if=sd,format=raw," + backend} },
		watchdog: []string{"-action", "watchdog=reset"}, Forgets: true, Waits: true,
	},
}

// Named returns the machine with that name.
func Named(name string) (Machine, bool) {
	for _, m := range Machines {
		if m.Name == name {
			return m, true
		}
	}
	return Machine{}, false
}

// Options are the options of a board.
type Options struct {
	Machine  Machine
	Folder   string        // for sockets; used by one board only, with a short path
	Guest    string        // folder that scripts/qemu/guest.sh has made for the machine
	Program  string        // image of Pack: the second disk, read only
	Words    string        // for the kernel's command line, read by the guest's init
	Memory   int           // MiB
	Disk     string        // unix socket of an NBD server: the first disk
	Ports    []int         // ports of the guest that are forwarded
	Outside  bool          // the guest reaches the loopback ports of this machine as 10.0.2.2
	Watchdog bool          // if false, a reset ends the board
	Patience time.Duration // limit of each wait
}

// A Board has power from Start to Kill.
type Board struct {
	opts      Options
	addresses map[int]string // by port of the guest
	command   *exec.Cmd
	stdin     io.WriteCloser
	console   *transcript
	monitor   *monitor
	gone      chan struct{} // closed when the emulator has ended and all its output was read
}

// Start turns a board on. It does not wait for the guest.
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
		b.command.Wait() // the exit code has no meaning
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

// kernelWords save time and memory. The files of its tracer take 8 MiB of Debian's kernel, a
// quarter of what it leaves of 64, so that the guest would page its programs in and out all the
// time. A kernel for small boards has no tracer.
const kernelWords = "panic=1 quiet mitigations=off audit=0 cryptomgr.notests initcall_blacklist=tracer_init_tracefs "

// arguments returns the command line of the emulator.
func (b *Board) arguments(socket string) []string {
	o := b.opts
	network := "user,restrict=on"
	if o.Outside {
		network = "user,ipv6=off" // which would have a route to other machines
	}
	for _, port := range o.Ports {
		network += fmt.Sprintf(",hostfwd=tcp:127.0.0.1:0-10.0.2.15:%d", port)
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

// Address returns the loopback address that is forwarded to a port of the guest.
func (b *Board) Address(port int) string { return b.addresses[port] }

// Await returns the next line of the console that contains the text, and skips lines before it.
func (b *Board) Await(ctx context.Context, text string) (string, error) {
	return b.patiently(ctx, b.console, text)
}

// Event returns the next event of the hardware with that name, such as WATCHDOG.
func (b *Board) Event(ctx context.Context, name string) (string, error) {
	return b.patiently(ctx, b.monitor.said, pattern(name))
}

// errImpatient is the cause if the guest takes longer than Options.Patience.
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

// Tail returns the end of the console's output.
func (b *Board) Tail() string { return b.console.tail() }

// Gone is closed when the board is off, by Kill or by itself.
func (b *Board) Gone() <-chan struct{} { return b.gone }

// CPU returns the CPU time of the emulator. It is known after Gone is closed.
func (b *Board) CPU() time.Duration {
	<-b.gone
	return b.command.ProcessState.UserTime() + b.command.ProcessState.SystemTime()
}

// Kill cuts the power and returns when the board is off.
func (b *Board) Kill() {
	b.command.Process.Kill()
	<-b.gone
	if b.monitor != nil {
		b.monitor.close()
	}
}
