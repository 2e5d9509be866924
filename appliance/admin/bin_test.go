package admin

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/clock"
	"pillarbox/appliance/retention"
	"pillarbox/spool"
)

// throwAway puts messages of anna into the bin, so many days ago.
func (d *desk) throwAway(ago int, numbers ...int) {
	d.t.Helper()
	account, _ := d.table.Lookup("anna")
	v, err := d.spool.View(spool.Key(account.Mailbox))
	if err != nil {
		d.t.Fatal(err)
	}
	mark := spool.Mark{Label: retention.BinLabel, Day: clock.DayOf(time.Now()) - ago, Messages: slices.Values(numbers)}
	if err := v.Update(d.t.Context(), spool.Change{Marks: []spool.Mark{mark}}); err != nil {
		d.t.Fatal(err)
	}
}

// TestRestore: what was put into the bin is listed, and comes back as mail that is new to every
// client, byte for byte.
func TestRestore(t *testing.T) {
	d := open(t)
	large := "Subject: large\n\n" + strings.Repeat(".a line of a large mail\n", 1_000)
	d.put("anna",
		"a", "From: Otto <otto@home.arpa>\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\n of a\n friend\n\nhello\n",
		"b", "X-None: 1\nsubject: \"quoted\" \xff\n\n.\n",
		"c", large,
		"d", "Subject: stays\n\n")
	d.throwAway(20, 1)
	d.throwAway(2, 2, 3)

	list, err := d.Bin("anna", AllDays)
	if err != nil || len(list) != 3 {
		t.Fatalf("listed %v, %v", list, err)
	}
	if got := list[0]; got.From != "Otto <otto@home.arpa>" || got.Subject != "grüße of a friend" || time.Since(got.Day).Round(24*time.Hour) < 20*24*time.Hour {
		t.Errorf("listed %+v", got)
	}
	if got := list[1]; got.From != "" || got.Subject != "\"quoted\" ?" {
		t.Errorf("listed %+v", got)
	}
	if recent, err := d.Bin("anna", 7); err != nil || !slices.Equal(recent, list[1:]) {
		t.Errorf("of seven days: %v, %v", recent, err)
	}
	if got := d.all("anna"); len(got.has) != 1 {
		t.Errorf("exported %v", got.has)
	}
	for _, tt := range []struct{ days, want, left int }{{1, 0, 3}, {7, 2, 1}, {7, 0, 1}, {AllDays, 1, 0}} {
		n, err := d.Restore("anna", tt.days)
		if err != nil || n != tt.want {
			t.Errorf("%d days: %d came back, %v; want %d", tt.days, n, err, tt.want)
		}
		if list, err := d.Bin("anna", AllDays); err != nil || len(list) != tt.left {
			t.Errorf("%d days: %v are left, %v", tt.days, list, err)
		}
	}
	got := d.all("anna")
	if len(got.has) != 4 || !slices.Contains(slices.Collect(maps.Values(got.has)), large) {
		t.Errorf("there are %d", len(got.has))
	}
	for _, old := range []string{"a", "b", "c"} {
		if _, same := got.has[old]; same {
			t.Errorf("%q has its old unique-id", old)
		}
	}
}

func TestBinOfNobody(t *testing.T) {
	d := open(t)
	if _, err := d.Bin("hugo", AllDays); err == nil || !strings.Contains(err.Error(), "no account of that name") {
		t.Errorf("the error is %v", err)
	}
	d.connect(t.Context())
	if _, err := d.Restore("hugo", 1); err == nil || !strings.Contains(err.Error(), "no account of that name") {
		t.Errorf("the error is %v", err)
	}
	d.connect(t.Context())
	if list, err := d.Bin("otto", AllDays); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}
