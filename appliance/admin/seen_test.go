package admin

import (
	"io"
	"reflect"
	"slices"
	"testing"

	"pillarbox/appliance/retention"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
)

// A seenShelf is a transfer.Taker that notes which messages a client has fetched.
type seenShelf struct {
	shelf
	seen []string
}

func (s *seenShelf) Take(uid string, o transfer.Origin, content io.Reader) error {
	if o.Seen {
		s.seen = append(s.seen, uid)
	}
	return s.shelf.Take(uid, o, content)
}

// TestExportSeen checks that an export tells which messages a client has fetched.
func TestExportSeen(t *testing.T) {
	d := open(t)
	d.put("anna", "a", "x\n", "b", "y\n", "c", "z\n")
	account, _ := d.table.Lookup("anna")
	v, err := d.spool.View(spool.Key(account.Mailbox))
	if err != nil {
		t.Fatal(err)
	}
	mark := spool.Mark{Label: retention.FetchedLabel, Day: 1, Messages: slices.Values([]int{2})}
	if err := v.Update(t.Context(), spool.Change{Marks: []spool.Mark{mark}}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	s := &seenShelf{}
	if err := d.Export("anna", "", s); err != nil || !reflect.DeepEqual(s.seen, []string{"b"}) || len(s.order) != 3 {
		t.Errorf("%q of %q, %v", s.seen, s.order, err)
	}
}
