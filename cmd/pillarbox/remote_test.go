package main

import "testing"

// TestInColumns: a column is as wide as its widest cell, counted in characters, and nothing follows
// the last one.
func TestInColumns(t *testing.T) {
	got := inColumns([][]string{{"NAME", "STATE"}, {"jürgen-gmx", "OK"}, {"a", "needs you: a b"}})
	if want := "NAME        STATE\njürgen-gmx  OK\na           needs you: a b\n"; got != want {
		t.Errorf("the table is\n%s, want\n%s", got, want)
	}
}
