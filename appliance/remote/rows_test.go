package remote

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"
	"time"

	"pillarbox/appliance/remote/session"
)

// TestRowsAreSmall: what a listing of 50,000 messages keeps is a quarter of what 200,000 may.
func TestRowsAreSmall(t *testing.T) {
	const count = 50_000
	used := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := used()
	l := &rows{}
	for n := range count {
		r := l.add(session.Message{
			Ref: uint64(n), ID: fmt.Sprintf("imap Junk 7 %d", n), Octets: 1, Date: time.Unix(int64(n), 0), Folder: fmt.Sprint("Junk", n%2), Era: 7, Stable: true,
		})
		binary.LittleEndian.PutUint64(r.id[:], uint64(n)*0x9e3779b97f4a7c15)
	}
	l.sort()
	if kept := used() - before; kept > 4<<20 {
		t.Errorf("%d octets", kept)
	}
	n := 0
	for r := range l.all() {
		if r.Ref != uint64(n) || l.names[r.folder] != fmt.Sprint("Junk", n%2) || !r.resumes || !r.stable || r.unnamed || len(l.of(r.id)) != 1 || l.of(r.id)[0] != r {
			t.Fatalf("row %d is %+v", n, r)
		}
		n++
	}
	if n != count || l.len() != count {
		t.Errorf("%d rows, of %d", n, l.len())
	}
}

// TestManyFolders: more names than a row can tell apart end in the last one.
func TestManyFolders(t *testing.T) {
	l := &rows{}
	for n := range 300 {
		r := l.add(session.Message{Folder: fmt.Sprint(n)})
		if want := fmt.Sprint(min(n, 255)); l.names[r.folder] != want {
			t.Errorf("folder %d is %s, want %s", n, l.names[r.folder], want)
		}
	}
}

// TestTwice: of two rows with one id the first is fetched, and it is the one that is deleted.
func TestTwice(t *testing.T) {
	x := newPlace(t, 3)
	x.p.messages[2].uid = "uid-0"
	if r := x.collect(); r.New != 2 || r.Listed != 3 {
		t.Errorf("%+v", r)
	}
	if r, err := x.c.Collect(context.Background(), x.a, true); err != nil || r.New != 0 {
		t.Errorf("again: %+v, %v", r, err)
	}
}
