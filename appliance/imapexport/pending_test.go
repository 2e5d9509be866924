package imapexport

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pillarbox/appliance/transfer"
)

// take sends a message that nothing identifies but its subject.
func take(t *testing.T, m *Mailbox, subject string) {
	t.Helper()
	text := "Subject: " + subject + "\n\n"
	octets, err := transfer.OctetsOf(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	m.Wants(subject, octets)
	if err := m.Take(subject, transfer.Origin{}, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

// TestPending checks that messages are sent before the earlier ones are answered, within the bound,
// and that two which have the same sum are not.
func TestPending(t *testing.T) {
	s := start(t, false, false)
	m, err := Open(s.target("INBOX"), s.options())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for i := range 3 * mostPending {
		take(t, m, fmt.Sprint(i))
		if n := len(m.pending); n != min(i+1, mostPending) {
			t.Fatalf("%d messages are sent, %d are pending", i+1, n)
		}
	}
	take(t, m, fmt.Sprint(3*mostPending-1))
	if n := len(m.pending); n != 1 {
		t.Errorf("%d messages are pending with the second one of two that have the same sum", n)
	}
	if err := m.Finish(); err != nil || m.Kept != 3*mostPending+1 {
		t.Errorf("%d are kept: %v", m.Kept, err)
	}
}

// TestRefusedUnsent has a server refuse a message before it is sent, while others are pending and
// more follow.
func TestRefusedUnsent(t *testing.T) {
	s := start(t, false, false)
	s.limit = 20_000
	want := household()
	large := want[len(want)-1]
	letters := append([]letter{want[0], large, want[1], want[2], large, large}, want[3:]...)
	m, err := s.export("INBOX", letters)
	if err != nil || m.Kept != len(want)-1 {
		t.Fatalf("%+v, %v", m.Tally, err)
	}
	var names []string
	for _, refused := range m.Refused {
		name, _, _ := strings.Cut(refused, ":")
		names = append(names, name)
	}
	if got := fmt.Sprint(names); got != "[u1 u4 u5 u8]" {
		t.Errorf("refused are %s", got)
	}
	if got := s.all("INBOX"); !reflect.DeepEqual(got, want[:len(want)-1]) {
		t.Errorf("got %.300v", got)
	}
}

// TestRefusedThenGone has a server refuse a message before it is sent, and then not be reachable.
func TestRefusedThenGone(t *testing.T) {
	s := start(t, false, false)
	s.limit = 20_000
	m, err := Open(s.target("INBOX"), s.options())
	if err != nil {
		t.Fatal(err)
	}
	s.listener.Close()
	all := household()
	large := all[len(all)-1].text
	octets, err := transfer.OctetsOf(strings.NewReader(large))
	if err != nil {
		t.Fatal(err)
	}
	m.Wants("u0", octets)
	if err := m.Take("u0", transfer.Origin{}, strings.NewReader(large)); err == nil {
		t.Error("no error without a connection")
	}
	if err := m.Finish(); err != nil || len(m.Refused) != 1 {
		t.Errorf("refused are %v: %v", m.Refused, err)
	}
	if err := m.Close(); err == nil {
		t.Error("a connection was left to log out from")
	}
}
