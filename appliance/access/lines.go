package access

// Lines counts one more line of the log about c, and returns how many there are in a window, and
// whether c is known. Lines about what was done for c (served) are counted apart from all others.
// window is a number, which the log increments.
func (t *Table) Lines(c Client, window uint16, served bool) (lines int, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.recordLocked(c, t.now())
	if r.linesOf != window {
		r.linesOf, r.lines, r.served = window, 0, 0
	}
	counter := &r.lines
	if served {
		counter = &r.served
	}
	*counter = more(*counter)
	t.clients.put(c, r)
	return int(*counter), r.known
}
