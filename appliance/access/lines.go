package access

// line counts one more line of the log about c, see Table.Lines.
func (rs *records) line(c Client, window uint16, served bool, now instant) (lines int, known bool) {
	r := rs.touch(c, now)
	if r.linesOf != window {
		r.linesOf, r.lines, r.served = window, 0, 0
	}
	counter := &r.lines
	if served {
		counter = &r.served
	}
	*counter = more(*counter)
	rs.put(c, r)
	return int(*counter), r.known
}
