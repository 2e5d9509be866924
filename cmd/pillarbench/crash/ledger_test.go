package crash

import (
	"strings"
	"testing"
)

// Each row is a sequence of events and the rule that it violates.
func TestLedger(t *testing.T) {
	for _, row := range []struct {
		name  string
		fact  func(l *ledger) error
		fault string
	}{
		{"answered and there", func(l *ledger) error {
			l.answer(1)
			l.add("anna", "u1", 1)
			return l.closeRound()
		}, ""},
		{"answered and missing", func(l *ledger) error {
			l.answer(1)
			return l.closeRound()
		}, "K1"},
		{"answered for two, there for one", func(l *ledger) error {
			l.answer(2)
			l.add("anna", "u1", 2)
			return l.closeRound()
		}, "K1"},
		{"not answered for two, there for one", func(l *ledger) error {
			l.add("anna", "u1", 2)
			return l.closeRound()
		}, "K2"},
		{"not answered and there", func(l *ledger) error {
			l.add("anna", "u1", 1)
			return l.closeRound()
		}, ""},
		{"not answered, missing, there later", func(l *ledger) error {
			l.closeRound()
			return l.add("anna", "u1", 1)
		}, "K2"},
		{"there twice", func(l *ledger) error {
			l.add("anna", "u1", 1)
			return l.add("anna", "u2", 1)
		}, "K1"},
		{"never sent", func(l *ledger) error { return l.add("anna", "u1", 99) }, "K2"},
		{"sent to another mailbox", func(l *ledger) error { return l.add("bert", "u1", 1) }, "K2"},
		{"seen and lost", func(l *ledger) error {
			l.add("anna", "u1", 1)
			_, err := l.list("anna", nil)
			return err
		}, "K1"},
		{"unique-id twice", func(l *ledger) error {
			_, err := l.list("anna", []string{"u1", "u1"})
			return err
		}, "K3"},
		{"removal begun, gone, back later", func(l *ledger) error {
			l.add("anna", "u1", 1)
			l.removing("anna", "u1")
			if _, err := l.list("anna", nil); err != nil {
				return err
			}
			_, err := l.list("anna", []string{"u1"})
			return err
		}, "K4"},
		{"removal begun, still there, gone later", func(l *ledger) error {
			l.add("anna", "u1", 1)
			l.removing("anna", "u1")
			if _, err := l.list("anna", []string{"u1"}); err != nil {
				return err
			}
			_, err := l.list("anna", nil)
			return err
		}, "K1"},
		{"removed and gone", func(l *ledger) error {
			l.add("anna", "u1", 1)
			l.remove("anna", "u1")
			_, err := l.list("anna", nil)
			return err
		}, ""},
		{"removed and back", func(l *ledger) error {
			l.add("anna", "u1", 1)
			l.remove("anna", "u1")
			_, err := l.list("anna", []string{"u1"})
			return err
		}, "K4"},
		{"offered, not here", func(l *ledger) error {
			l.openRound()
			return l.closeRound()
		}, ""},
		{"offered, not here, here later", func(l *ledger) error {
			l.openRound()
			l.closeRound()
			l.openRound()
			l.add("anna", "u3", 3)
			return l.closeRound()
		}, ""},
		{"offered, here twice", func(l *ledger) error {
			l.add("anna", "u3", 3)
			return l.add("anna", "u4", 3)
		}, "K1"},
		{"offered, removed by its owner, fetched again", func(l *ledger) error {
			l.add("anna", "u3", 3)
			l.remove("anna", "u3")
			l.list("anna", nil)
			return l.add("anna", "u4", 3)
		}, "K1"},
		{"offered, deleted there, not here", func(l *ledger) error {
			l.delete(3)
			l.openRound()
			return l.closeRound()
		}, "F2"},
		{"offered, deleted there after the mailbox was listed", func(l *ledger) error {
			l.openRound()
			l.delete(3)
			return l.closeRound()
		}, ""},
		{"offered, deleted there, removed here", func(l *ledger) error {
			l.add("anna", "u3", 3)
			l.remove("anna", "u3")
			l.delete(3)
			l.openRound()
			l.list("anna", nil)
			return l.closeRound()
		}, ""},
		{"offered, never here in the end", func(l *ledger) error {
			l.await()
			l.openRound()
			return l.closeRound()
		}, "F2"},
	} {
		l := newLedger("anna", "bert")
		l.send(1, []string{"anna"})
		if strings.HasPrefix(row.name, "offered") {
			l = newLedger("anna", "bert")
			l.offer(3, "anna")
		}
		if strings.Contains(row.name, "two") {
			l.send(2, []string{"anna", "bert"})
		}
		err := row.fact(l)
		switch {
		case row.fault == "" && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case row.fault != "" && (err == nil || !strings.HasPrefix(err.Error(), row.fault)):
			t.Errorf("%s: got %v, want %s", row.name, err, row.fault)
		}
	}
}

func TestListFindsUnseen(t *testing.T) {
	l := newLedger("anna")
	l.send(1, []string{"anna"})
	l.add("anna", "u1", 1)
	unseen, err := l.list("anna", []string{"u0", "u1", "u2"})
	if err != nil || len(unseen) != 2 || unseen[0] != 1 || unseen[1] != 3 {
		t.Errorf("got %v, %v, want messages 1 and 3", unseen, err)
	}
}
