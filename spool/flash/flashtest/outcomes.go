package flashtest

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Outcomes yields the devices that may come back when the power is cut now, or was cut, each
// fresh and independent, with its name: what became of every file and sector in doubt.
//
// While no more than limit sectors are in doubt every subset of them is kept once; with more
// sectors but no more than limit pages every subset of the pages is. Besides, or else:
// none, all, prefixes and suffixes in the order of writing, each one alone, all but one, torn
// and garbled ones, earlier versions of what was written twice, and random mixtures. Where
// that would be more than some hundreds, positions are drawn. Each is combined with what the
// names may stand for and with the sizes that grown files may have. The same seed gives the
// same devices.
//
// A name such as "00004:gone 00002=+..t L" reads: 00004 is not there; the first sector in
// doubt of 00002 was kept, two were dropped, one was torn; files are as long as
// they were written.
func (d *Device) Outcomes(seed uint64, limit int) iter.Seq2[string, *Device] {
	d.mu.Lock()
	frozen := d.clone()
	d.mu.Unlock()
	return func(yield func(string, *Device) bool) {
		seen := make(map[string]bool)
		number := uint64(0)
		for _, names := range frozen.resolutions() {
			w := frozen.world(names)
			for fates := range patterns(w.doubts, rand.New(rand.NewPCG(seed, 0)), limit) {
				for _, l := range w.lengths {
					title := w.title(fates, l)
					if seen[title] || w.repeats(fates, l) {
						continue
					}
					seen[title] = true
					number++
					if !yield(title, w.device(fates, l, rand.New(rand.NewPCG(seed, number)))) {
						return
					}
				}
			}
		}
	}
}

// Undecided returns how many sectors a power cut could still drop, in files that have a name.
func (d *Device) Undecided() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.world(seen(d)).doubts)
}

// seen returns, for every name, what the process sees: choice 0.
func seen(d *Device) []int { return make([]int, len(d.names)) }

// resolutions returns the combinations of what names may stand for after a cut: for every
// name 0 for what the process sees, or 1+i for others[i]. Beyond 64 of them only: all as
// seen, all otherwise, and one otherwise at a time.
func (d *Device) resolutions() [][]int {
	combinations := [][]int{seen(d)}
	for i, b := range d.names {
		for _, c := range combinations {
			for j := range b.others {
				other := slices.Clone(c)
				other[i] = 1 + j
				combinations = append(combinations, other)
			}
		}
		if len(combinations) > 64 {
			return d.fewer()
		}
	}
	return combinations
}

func (d *Device) fewer() [][]int {
	otherwise := seen(d)
	combinations := [][]int{seen(d), otherwise}
	for i, b := range d.names {
		for j := range b.others {
			otherwise[i] = 1 + j
			one := seen(d)
			one[i] = 1 + j
			combinations = append(combinations, one)
		}
	}
	return combinations
}

// A world is a device whose names are decided, its sectors not yet.
type world struct {
	from    *Device
	names   []binding // what is there, each name standing for one inode
	prefix  string    // of the titles: what became of names in doubt
	doubts  []doubt
	lengths []length
}

func (d *Device) world(choice []int) world {
	w := world{from: d, lengths: []length{longest}}
	for i, b := range d.names {
		id := b.now
		if choice[i] > 0 {
			id = b.others[choice[i]-1]
		}
		if len(b.others) > 0 {
			w.prefix += b.name + ":" + fateOfName(id, choice[i]) + " "
		}
		if id == absent {
			continue
		}
		w.names = append(w.names, binding{name: b.name, now: id})
		if n := d.inodes[id]; n.most > n.least {
			w.lengths = []length{longest, pages, ragged}
		}
	}
	w.doubts = d.doubts(w.names)
	return w
}

func fateOfName(id, choice int) string {
	switch {
	case id == absent:
		return "gone"
	case choice == 0:
		return "seen"
	}
	return "other" + strconv.Itoa(choice)
}

// title names an outcome.
func (w *world) title(fates []fate, l length) string {
	t := make([]byte, 0, len(w.prefix)+len(fates)+32)
	t = append(t, w.prefix...)
	last := absent
	for i, f := range fates {
		if file := w.doubts[i].file; file != last {
			if last != absent {
				t = append(t, ' ')
			}
			t = append(append(t, w.names[file].name...), '=')
			last = file
		}
		t = append(t, byte(f))
	}
	if len(w.lengths) > 1 {
		t = append(t, ' ', byte(l))
	}
	if len(t) == 0 {
		return "as written"
	}
	return string(t)
}

// repeats reports whether a longer length gives the same sizes.
func (w *world) repeats(fates []fate, l length) bool {
	switch l {
	case pages:
		return w.total(fates, pages) == w.total(fates, longest)
	case ragged:
		return w.total(fates, ragged) == w.total(fates, pages)
	}
	return false
}

func (w *world) total(fates []fate, l length) int64 {
	total := int64(0)
	for i, b := range w.names {
		total += w.from.inodes[b.now].cut(l, i, w.doubts, fates)
	}
	return total
}

// device returns the world with its sectors decided.
func (w *world) device(fates []fate, l length, rng *rand.Rand) *Device {
	d := &Device{
		opt:   w.from.opt,
		names: slices.Clone(w.names), inodes: make([]*inode, len(w.names)), using: make([]int, len(w.names)),
	}
	for i, b := range w.names {
		n := w.from.inodes[b.now]
		if len(n.open) > 0 {
			size := n.cut(l, i, w.doubts, fates)
			n = &inode{owner: d, size: size, least: size, most: size, disk: slices.Clone(n.disk)}
		}
		d.inodes[i], d.names[i].now = n, i
	}
	for from := 0; from < len(fates); {
		x, to := w.doubts[from], from+1
		for to < len(fates) && w.doubts[to].file == x.file && w.doubts[to].page == x.page {
			to++
		}
		n := w.from.inodes[w.names[x.file].now]
		at, _ := n.find(x.page)
		d.inodes[x.file].keep(x.page, n.open[at].decide(n.held(x.page), w.doubts[from:to], fates[from:to], rng))
		from = to
	}
	return d
}
