package index

import (
	"slices"

	"pillarbox/spool/format"
)

// sortedUIDs is how many unique-ids are taken at a time.
const sortedUIDs = 2048

// A uidSorter takes unique-ids in order from a source that has them in another, and is read many
// times: in each pass it keeps the sortedUIDs least of those that were not taken yet. It has twice
// as many, of 80 bytes each.
type uidSorter struct {
	list []sortedUID
	full bool            // list has sortedUIDs of them, up to most
	last format.Identity // that was taken
	any  bool            // one was taken
	most format.Identity
}

type sortedUID struct {
	format.Identity
	text   [format.MaxUID]byte
	length uint8
}

// newUIDSorter returns a sorter of n unique-ids.
func newUIDSorter(n int) *uidSorter {
	return &uidSorter{list: make([]sortedUID, 0, min(n, 2*sortedUIDs))}
}

// done reports whether all up to an identity were taken.
func (u *uidSorter) done(id format.Identity) bool { return u.any && id.Compare(u.last) <= 0 }

// beyond reports whether none from an identity on is among those that are taken next.
func (u *uidSorter) beyond(id format.Identity) bool { return u.full && id.Compare(u.most) > 0 }

// add is called with each unique-id of a pass, but for those that are done or beyond.
func (u *uidSorter) add(id format.Identity, uid []byte) {
	if u.done(id) || u.beyond(id) {
		return
	}
	one := sortedUID{Identity: id}
	one.length = uint8(copy(one.text[:], uid))
	if u.list = append(u.list, one); len(u.list) == 2*sortedUIDs {
		u.cut()
	}
}

// cut sorts the list and drops all but the least.
func (u *uidSorter) cut() {
	format.Sort(u.list, func(a, b sortedUID) int { return a.Identity.Compare(b.Identity) })
	u.list = slices.CompactFunc(u.list, func(a, b sortedUID) bool { return a.Identity == b.Identity })
	if len(u.list) >= sortedUIDs {
		u.list = u.list[:sortedUIDs]
		u.full, u.most = true, u.list[sortedUIDs-1].Identity
	}
}

// take ends a pass, and calls do with the least of it, in order. Of two of a message one stays. It
// returns false if there was none.
func (u *uidSorter) take(do func(id format.Identity, uid []byte)) bool {
	u.cut()
	for i := range u.list {
		do(u.list[i].Identity, u.list[i].text[:u.list[i].length])
	}
	if n := len(u.list); n > 0 {
		u.last, u.any = u.list[n-1].Identity, true
	}
	took := len(u.list) > 0
	u.list, u.full = u.list[:0], false
	return took
}
