package access

import (
	"fmt"
	"testing"
	"unsafe"
)

// The types have the sizes that their comments say: all of the table is a budget.
func TestSizes(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want uintptr
	}{
		{"a client with its record", unsafe.Sizeof(struct {
			Client
			record
		}{}), 96},
		{"a pair with its key", unsafe.Sizeof(struct {
			pairKey
			pair
		}{}), 64},
		{"an account with its key", unsafe.Sizeof(struct {
			uint64
			failures
		}{}), 32},
		{"a network with its key", unsafe.Sizeof(struct {
			pairKey
			failures
		}{}), 40},
	} {
		if test.got > test.want {
			t.Errorf("%s has %d octets, want at most %d", test.name, test.got, test.want)
		}
	}
}

// However many clients come and guess at however many names, the table stays within its bounds;
// what is known, and an account that exists, outlasts them.
func TestTableIsBounded(t *testing.T) {
	g := newGuesser(t)
	friend := at("192.168.1.2")
	g.try(friend, "anna", "annaanna", nil)
	g.try(at("192.168.1.3"), "anna", "wrong", ErrWrong)
	anna, _ := g.Rules().Accounts.Lookup("anna")
	key := g.Table.pairs.keys.account("anna", anna.Mailbox)
	spent := g.Table.guesses.accounts.of(key).first
	for n := range 3000 {
		g.try(street(n), fmt.Sprint("user", n), "wrong", ErrWrong)
		g.try(at(fmt.Sprintf("2001:db8:%x::1", n)), fmt.Sprint("hugo", n/1000), fmt.Sprint(n), ErrWrong)
		g.Table.Wasted(street(n), 1)
	}
	table := g.Table
	if len(table.clients.entries) > maxClients || len(table.pairs.entries)-table.pairs.known > maxStrangers || len(table.guesses.accounts.entries) > maxAccounts || len(table.guesses.networks.entries) > maxNetworks {
		t.Errorf("%d clients, %d pairs, %d accounts, %d networks", len(table.clients.entries), len(table.pairs.entries), len(table.guesses.accounts.entries), len(table.guesses.networks.entries))
	}
	if !table.Known(friend) || table.pairs.of(pairKey{key, table.pairs.keys.client(friend)}).wrong != 0 {
		t.Error("a known client was forgotten")
	}
	if table.guesses.accounts.of(key).first != spent {
		t.Error("what was guessed at an account was forgotten")
	}
}

// A client that has something open is not evicted, and nor are more of them than the bound.
func TestOpenClientsAreKept(t *testing.T) {
	h := newHall(t, 2*maxClients)
	in := h.all(maxClients+50, street)
	for n := range 3000 {
		h.Wasted(at(fmt.Sprintf("2001:db8:%x::1", n)), 1)
	}
	for n, s := range in {
		if r, ok := h.clients.get(street(n)); !ok || r.open != s.open {
			t.Fatalf("client %d was evicted", n)
		}
		s.Leave()
	}
	if n := len(h.clients.entries); n > maxClients || h.sessions.total != 0 {
		t.Errorf("%d clients are left, %d sessions", n, h.sessions.total)
	}
}
