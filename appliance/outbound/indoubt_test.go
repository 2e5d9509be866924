package outbound

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/outbound/smarthost"
)

// got returns how often the outgoing server accepted a message for a recipient.
func (w *world) got(to string) (n int) {
	for _, line := range w.sent {
		if strings.Contains(line, " > "+to+": ") {
			n++
		}
	}
	return n
}

// answers makes the server answer each recipient by its list, one result for each try, and with
// 250 behind its end. A recipient without a list is accepted.
func (w *world) answers(lists map[string][]smarthost.Result) {
	w.reply = func(_, to string) smarthost.Result {
		list := lists[to]
		if len(list) == 0 {
			return sent()
		}
		lists[to] = list[1:]
		return list[0]
	}
}

// TestFoundIsNotForOthers: a copy in the folder of sent mail says something about the recipients of
// the transaction that left it, and of no other. The folder has one in each row. Nobody is left
// without the message but those who have it by the transaction that ended without a reply.
func TestFoundIsNotForOthers(t *testing.T) {
	later, full := refused("451 4.3.0 Try later"), refused("452 4.5.3 Too many recipients")
	refusedAfterAll := refused("451 4.3.0 Try later")
	refusedAfterAll.Whole = true
	childDied := smarthost.Result{Outcome: smarthost.InDoubt}
	type list = []smarthost.Result
	for _, row := range []struct {
		name    string
		answers map[string]list
		found   []string // are not sent to again
	}{
		{"all in one", map[string]list{"a": {inDoubt}, "b": {inDoubt}, "c": {inDoubt}}, []string{"a", "b", "c"}},
		{"one was refused for now in the same transaction", map[string]list{"a": {inDoubt}, "b": {later}, "c": {later}}, []string{"a"}},
		{"one was refused for now, and still is", map[string]list{"a": {inDoubt}, "b": {later, later}, "c": {later, later, later}}, []string{"a"}},
		{"one was sent to by an earlier try", map[string]list{"a": {}, "b": {later, inDoubt}, "c": {later, inDoubt}}, nil},
		{"one was sent to by another transaction", map[string]list{"a": {}, "b": {inDoubt}, "c": {full}}, nil},
		{"one joined the second time", map[string]list{"a": {inDoubt}, "b": {later, inDoubt}, "c": {later, inDoubt}}, []string{"a"}},
		{"the end was refused in another transaction", map[string]list{"a": {refusedAfterAll}, "b": {inDoubt}, "c": {inDoubt}}, nil},
		{"the child died", map[string]list{"a": {childDied}, "b": {childDied}, "c": {childDied}}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.pass(time.Second)
				lists := map[string]list{}
				for name, answers := range row.answers {
					lists[name+"@example.net"] = slices.Clone(answers)
				}
				w.inSent = func(string) (bool, error) { return true, nil }
				w.answers(lists)
				w.put("anna@example.org", Wishes{}, "a@example.net", "b@example.net", "c@example.net")
				w.pass(3 * time.Hour)
				for _, name := range []string{"a", "b", "c"} {
					want := 1
					if slices.Contains(row.found, name) {
						want = 0
					}
					w.want("sent to "+name, w.got(name+"@example.net"), want)
				}
				w.want("left", w.left(), 0)
				w.want("reports", len(w.reports), 0)
			})
		})
	}
}

// TestFoundLate: the copy of the first transaction is not there yet when it is looked for. Who had
// no part in that transaction is sent to again.
func TestFoundLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.pass(time.Second)
		asked := 0
		w.inSent = func(string) (bool, error) { asked++; return asked > 1, nil }
		w.answers(map[string][]smarthost.Result{
			"a@example.net": {inDoubt, inDoubt}, "b@example.net": {refused("451 4.3.0 Try later"), inDoubt},
		})
		w.put("anna@example.org", Wishes{}, "a@example.net", "b@example.net")
		w.pass(time.Hour)
		w.want("asked", asked, 2)
		w.want("sent to a", w.got("a@example.net"), 0)
		w.want("sent to b", w.got("b@example.net"), 1)
		w.want("left", w.left(), 0)
	})
}

// TestFoundOfAnotherBatch: of 250 recipients the first 100 are sent to and the next 100 are in
// doubt. The copy may be that of the first.
func TestFoundOfAnotherBatch(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.pass(time.Second)
		var to []string
		lists := map[string][]smarthost.Result{}
		for i := range 250 {
			to = append(to, fmt.Sprintf("r%d@example.net", i))
			if i >= 100 && i < 200 {
				lists[to[i]] = []smarthost.Result{inDoubt}
			}
		}
		w.inSent = func(string) (bool, error) { return true, nil }
		w.answers(lists)
		w.put("anna@example.org", Wishes{}, to...)
		w.pass(3 * time.Hour)
		for _, address := range to {
			w.want("sent to "+address, w.got(address), 1)
		}
		w.want("left", w.left(), 0)
	})
}

// TestFoundOfAnotherMessage: the copy may be of another message with the same Message-ID: a client
// sends to many recipients one by one, or a reader sends anew what it sent before.
func TestFoundOfAnotherMessage(t *testing.T) {
	for _, row := range []struct {
		name, first, second string
		want                int
	}{
		{"another Message-ID", "Message-ID: <1@example.org>\r\n", "Message-ID: <2@example.org>\r\n", 0},
		{"the same", "Message-ID: <2@example.org>\r\n", "Message-ID: <2@example.org>\r\n", 1},
		{"the same, folded", "Message-ID: <2@example.org>\r\n", "Message-Id:\r\n <2@example.org>\r\n", 1},
		{"sent anew", "", "Resent-From: anna@example.org\r\nMessage-ID: <2@example.org>\r\n", 1},
		{"none", "", "", 1},
		{"two", "", "Message-ID: <1@example.org>\r\nMessage-ID: <2@example.org>\r\n", 1},
		{"a part of others", "", "Message-ID: 2@example\r\n", 1},
		{"an empty one", "", "Message-ID: <@>\r\n", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.pass(time.Second)
				w.inSent = func(string) (bool, error) { return true, nil }
				w.answers(map[string][]smarthost.Result{"b@example.net": {inDoubt}})
				w.putText(row.first+"Subject: hello\r\n\r\ntext\r\n", "anna@example.org", Wishes{}, "a@example.net")
				w.pass(time.Second)
				w.putText(row.second+"Subject: hello\r\n\r\ntext\r\n", "anna@example.org", Wishes{}, "b@example.net")
				w.pass(time.Hour)
				w.want("sent to a", w.got("a@example.net"), 1)
				w.want("sent to b", w.got("b@example.net"), row.want)
				w.want("left", w.left(), 0)
			})
		})
	}
}

// TestFoundAfterRestart: nobody knows what was sent before the start, so that the copy says
// nothing.
func TestFoundAfterRestart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.pass(time.Second)
		w.inSent = func(string) (bool, error) { return true, nil }
		w.answers(map[string][]smarthost.Result{"b@example.net": {refused("451 4.3.0 Try later"), inDoubt}})
		w.put("anna@example.org", Wishes{}, "a@example.net", "b@example.net")
		w.pass(time.Second)
		w.restart()
		w.pass(time.Hour)
		w.want("sent to a", w.got("a@example.net"), 1)
		w.want("sent to b", w.got("b@example.net"), 1)
		w.want("left", w.left(), 0)
	})
}

// TestCopiesAreBounded: what is forgotten is not certain, and what was used last is kept longest.
func TestCopiesAreBounded(t *testing.T) {
	c := newCopies()
	for i := range maxCopies + 1 {
		c.add(fmt.Sprintf("<%d@example.org>", i), "one")
		if i == maxCopies/2 {
			c.add("<0@example.org>", "two")
			c.add("<1@example.org>", "one")
		}
	}
	if len(c.of) != maxCopies || len(c.order) != maxCopies {
		t.Errorf("%d and %d are kept", len(c.of), len(c.order))
	}
	for id, want := range map[int]bool{0: false, 1: true, 2: false, 3: true} { // two, again, forgotten
		if got := c.only(fmt.Sprintf("<%d@example.org>", id), "one"); got != want {
			t.Errorf("%d is of one parcel only: %v", id, got)
		}
	}
}
