package spool

import "iter"

// Marked returns whether message n had a label when the view was made, and the day that came with
// it.
func (v *View) Marked(label string, n int) (day int, ok bool) {
	m := v.labels[label]
	i, ok := m.Find(v.identity(n))
	if !ok {
		return 0, false
	}
	return int(m[i].Day), true
}

// Labels returns which labels messages of the view may have, in no order.
func (v *View) Labels() iter.Seq[string] {
	return func(yield func(string) bool) {
		for label := range v.labels {
			if !yield(label) {
				return
			}
		}
	}
}
