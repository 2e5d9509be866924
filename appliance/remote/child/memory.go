package child

import (
	"io"
	"runtime"
	"runtime/debug"
	"syscall"

	"pillarbox/appliance/remote/session"
)

const (
	softMemory = 8 << 20   // bytes, for the collector of the runtime
	hardMemory = 256 << 20 // bytes of data, beyond which the child ends
	// mostGarbage is how many octets of garbage a child leaves lying. The first collection costs
	// 0.6 MiB by itself, so that a child with less garbage has none.
	mostGarbage = 48 << 10
)

// rlimitData is RLIMIT_DATA, which package syscall has on some architectures only.
const rlimitData = 2

// Environment returns the environment of a child: nothing of the server's, and one processor of the
// runtime from the first instruction on. Each further one takes free memory of every size class for
// itself; with two as long as packages are initialized, a child has up to 0.4 MiB more.
func Environment() []string { return []string{"GOMAXPROCS=1"} }

// LimitMemory bounds the memory of this process, which is a child.
func LimitMemory() {
	debug.SetMemoryLimit(softMemory)
	debug.SetGCPercent(50)
	limit := syscall.Rlimit{Cur: hardMemory, Max: hardMemory}
	_ = syscall.Setrlimit(rlimitData, &limit) // best effort
}

// Garbage counts what commands leave behind, and has it collected in time: by itself the runtime
// waits for 1 MiB more than what is alive, which is 0.3 MiB, whatever its percentage is.
type Garbage struct{ octets int }

// Add adds octets, as far as they can be estimated.
func (g *Garbage) Add(octets int) {
	if g.octets += octets; g.octets > mostGarbage {
		g.octets = 0
		runtime.GC()
	}
}

// What go-imap leaves behind, in octets: channels, most of all. Of a row it is half of that, but
// rows come faster than they are collected.
const (
	garbageOfRow     = 2 << 10
	garbageOfCommand = 4 << 10
)

// A tidy mailbox is one of IMAP, whose garbage is collected. That of POP3 leaves none.
type tidy struct {
	session.Mailbox
	garbage Garbage
}

func (m *tidy) List(each func(session.Message) error) error {
	return m.Mailbox.List(func(row session.Message) error {
		m.garbage.Add(garbageOfRow)
		return each(row)
	})
}

func (m *tidy) Header(ref uint64, to io.Writer) error {
	m.garbage.Add(garbageOfCommand)
	return m.Mailbox.Header(ref, to)
}

func (m *tidy) Fetch(ref uint64, from int64, to io.Writer) error {
	m.garbage.Add(garbageOfCommand)
	return m.Mailbox.Fetch(ref, from, to)
}
