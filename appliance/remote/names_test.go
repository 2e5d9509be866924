package remote

import (
	"slices"
	"testing"

	"pillarbox/appliance/config"
)

// TestSameNames: where a server gives one name to several messages of a folder, each of them is
// fetched once, and none is deleted that was not.
func TestSameNames(t *testing.T) {
	x := newPlace(t, 5)
	x.p.word, x.p.stable = "object", true
	for _, m := range x.p.messages[1:] {
		m.uid = "M1"
	}
	letters := texts(x.p)
	if r := x.collect(); r.New != 5 {
		t.Errorf("%+v, want 5 new", r)
	}
	if r := x.collect(); r.New != 0 {
		t.Errorf("again: %+v", r)
	}
	later := newLetter(9, 400)
	later.uid = "M1"
	x.p.messages = append(x.p.messages, later)
	letters["Message-ID: <9@example.org>"] = later.content
	x.a.After = config.FromNow
	if r := x.collect(); r.New != 1 || r.Deleted != 6 {
		t.Errorf("with one more: %+v", r)
	}
	if err := once(here(t, x.k.s, letters), letters); err != nil {
		t.Error(err)
	}
}

// TestSameNamesOfFolders: one name in two folders is one message, as it was.
func TestSameNamesOfFolders(t *testing.T) {
	x := newPlace(t, 4)
	x.p.word, x.p.stable = "object", true
	x.p.messages[3], x.p.second = x.p.messages[0], 3
	if r := x.collect(); r.New != 3 || slices.Contains(x.p.commands, "header") {
		t.Errorf("%+v, %v", r, x.p.commands)
	}
}
