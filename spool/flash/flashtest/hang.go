package flashtest

import (
	"sync"

	"pillarbox/spool/flash"
)

// A Hanging volume wraps another one and can stop answering: writes, flushes and uncached reads
// wait until it is released, as they do on a card that died or a file system that is frozen. Reads
// through the page cache go on.
type Hanging struct {
	flash.Volume

	mu       sync.Mutex
	writes   chan struct{} // closed: they go on
	uncached chan struct{}
}

// Hang returns volume as one that can hang.
func Hang(volume flash.Volume) *Hanging {
	open := make(chan struct{})
	close(open)
	return &Hanging{Volume: volume, writes: open, uncached: open}
}

// HangWrites makes every write and flush wait from now on; one that is under way in the volume
// below is not stopped.
func (h *Hanging) HangWrites() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writes = make(chan struct{})
}

// HangReads makes every uncached read wait from now on.
func (h *Hanging) HangReads() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uncached = make(chan struct{})
}

// Release lets every waiting operation go on.
func (h *Hanging) Release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, gate := range []chan struct{}{h.writes, h.uncached} {
		select {
		case <-gate:
		default:
			close(gate)
		}
	}
}

func (h *Hanging) gates() (writes, uncached chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.writes, h.uncached
}

// Create waits as a write does.
func (h *Hanging) Create(name string, size int64) (flash.File, error) {
	writes, _ := h.gates()
	<-writes
	f, err := h.Volume.Create(name, size)
	return hangingFile{f, h}.or(err)
}

// Open returns a file that hangs with its volume.
func (h *Hanging) Open(name string) (flash.File, error) {
	f, err := h.Volume.Open(name)
	return hangingFile{f, h}.or(err)
}

// Store waits as a write does.
func (h *Hanging) Store(name string, data []byte) error {
	writes, _ := h.gates()
	<-writes
	return h.Volume.Store(name, data)
}

type hangingFile struct {
	flash.File
	volume *Hanging
}

func (f hangingFile) or(err error) (flash.File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f hangingFile) WriteAt(p []byte, off int64) (int, error) {
	writes, _ := f.volume.gates()
	<-writes
	return f.File.WriteAt(p, off)
}

func (f hangingFile) Sync() error {
	writes, _ := f.volume.gates()
	<-writes
	return f.File.Sync()
}

func (f hangingFile) ReadUncached(p []byte, off int64) (int, error) {
	_, uncached := f.volume.gates()
	<-uncached
	return f.File.ReadUncached(p, off)
}
