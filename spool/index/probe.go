package index

// A Probe is for tests. Nothing else uses it.
type Probe struct{ index *Index }

// Probe returns a probe of the index.
func (x *Index) Probe() Probe { return Probe{x} }

// Reserved returns how many bytes deliveries on their way have reserved.
func (p Probe) Reserved() int64 {
	p.index.mu.Lock()
	defer p.index.mu.Unlock()
	return p.index.reserved
}

// SetLoaded makes it seem that a start had so much memory, and used all of it.
func (p Probe) SetLoaded(bytes int64) {
	p.index.mu.Lock()
	defer p.index.mu.Unlock()
	p.index.opt.LoadBytes, p.index.loaded = bytes, bytes
}

// Locked reports whether the lock of the index is held.
func (p Probe) Locked() bool {
	if !p.index.mu.TryLock() {
		return true
	}
	p.index.mu.Unlock()
	return false
}
