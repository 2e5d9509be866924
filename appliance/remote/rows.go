package remote

import (
	"bytes"
	"iter"
	"slices"
	"sort"
	"time"

	"pillarbox/appliance/remote/session"
)

// A row is a message at the provider. There can be 200,000 of them, so that it is kept small.
type row struct {
	Ref    uint64
	Octets int64
	date   int64 // seconds since 1970; 0: not known
	id     ID
	folder uint8 // index of the names of rows
	have   bool  // the store has the id
	flags
}

// flags are what is known of a message.
type flags struct {
	unnamed bool // the server has no usable name for it
	stable  bool // see session.Message
	resumes bool // it has an era: another session can go on inside it
}

// rowsOf is how many rows are allocated together. A slice that grows would be copied, and be in
// memory twice.
const rowsOf = 2048

// rows are a listing.
type rows struct {
	parts [][]row
	names []string // of folders, printable
	eras  []uint64 // of folders, by the upper half of Ref
	words string   // what the first named message is called by: the first word of its name
	byID  []*row   // sorted; among equal ids as they were listed
}

// add adds a message.
func (l *rows) add(m session.Message) *row {
	last := len(l.parts) - 1
	if last < 0 || len(l.parts[last]) == rowsOf {
		l.parts = append(l.parts, make([]row, 0, rowsOf))
		last++
	}
	r := row{Ref: m.Ref, Octets: m.Octets, folder: l.name(m.Folder), flags: flags{unnamed: m.ID == "", stable: m.Stable, resumes: m.Era != 0}}
	if !m.Date.IsZero() {
		r.date = m.Date.Unix()
	}
	l.parts[last] = append(l.parts[last], r)
	return &l.parts[last][len(l.parts[last])-1]
}

// name returns the index of the name of a folder. Those beyond the 256th have the name of the last.
func (l *rows) name(folder string) uint8 {
	folder = session.Printable(folder)
	i := slices.Index(l.names, folder)
	if i < 0 && len(l.names) < 256 {
		l.names = append(l.names, folder)
	}
	if i < 0 {
		i = len(l.names) - 1
	}
	return uint8(i)
}

// len returns how many rows there are.
func (l *rows) len() int {
	if len(l.parts) == 0 {
		return 0
	}
	return (len(l.parts)-1)*rowsOf + len(l.parts[len(l.parts)-1])
}

// all returns the rows as they were listed.
func (l *rows) all() iter.Seq[*row] {
	return func(yield func(*row) bool) {
		for _, part := range l.parts {
			for i := range part {
				if !yield(&part[i]) {
					return
				}
			}
		}
	}
}

// sort makes of possible. It is called when all rows have their ids.
func (l *rows) sort() {
	l.byID = slices.AppendSeq(make([]*row, 0, l.len()), l.all())
	sort.SliceStable(l.byID, func(i, j int) bool { return bytes.Compare(l.byID[i].id[:], l.byID[j].id[:]) < 0 })
}

// of returns the rows of an id, as they were listed.
func (l *rows) of(id ID) []*row {
	first := sort.Search(len(l.byID), func(i int) bool { return bytes.Compare(l.byID[i].id[:], id[:]) >= 0 })
	last := first
	for last < len(l.byID) && l.byID[last].id == id {
		last++
	}
	return l.byID[first:last]
}

// shared calls each with the rows of a folder that have one id. It is called after sort.
func (l *rows) shared(each func(*row)) {
	same := func(i, j int) bool {
		return j >= 0 && j < len(l.byID) && l.byID[i].id == l.byID[j].id && l.byID[i].Ref>>32 == l.byID[j].Ref>>32
	}
	var list []*row
	for i, r := range l.byID { // folders are listed one behind the other
		if same(i, i-1) || same(i, i+1) {
			list = append(list, r)
		}
	}
	for _, r := range list {
		each(r)
	}
}

// deletable returns the row of an id that may be deleted, or nil.
func (l *rows) deletable(id ID) *row {
	for _, r := range slices.Backward(l.of(id)) {
		if r.have && !r.unnamed {
			return r
		}
	}
	return nil
}

// came returns when a message came to the provider; the zero time if that is not known.
func (r *row) came() time.Time {
	if r.date == 0 {
		return time.Time{}
	}
	return time.Unix(r.date, 0)
}
