package access

import (
	"testing"
	"testing/synctest"
	"time"
)

// The first refusals of a client are lines, its flood is logged once an hour, and so is one of many
// clients.
func TestConnected(t *testing.T) {
	one := at("10.0.0.1")
	type sums struct{ lines, clients, all int }
	tests := []struct {
		name string
		run  func(count func(Client))
		want sums
	}{
		{"a quiet one", func(count func(Client)) {
			for range 30 {
				count(one)
				time.Sleep(time.Minute)
			}
		}, sums{lines: 30}},
		{"one that hammers for two hours", func(count func(Client)) {
			for range 2 * 60 * 100 {
				count(one)
				time.Sleep(time.Minute / 100)
			}
		}, sums{lines: 2 * 60 * floodLines, clients: 2}},
		{"many, each of them once", func(count func(Client)) {
			for n := range floodAtAll {
				count(street(n))
			}
		}, sums{lines: floodAtAll, all: 1}},
		{"more than are remembered", func(count func(Client)) {
			for n := range 3 * maxClients {
				count(street(n))
			}
		}, sums{lines: 3 * maxClients, all: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table, got := NewTable(), sums{}
				test.run(func(c Client) {
					says := table.Connected(c)
					for to, yes := range map[*int]bool{&got.lines: says.Line, &got.clients: says.Client, &got.all: says.All} {
						if yes {
							*to++
						}
					}
				})
				if got != test.want {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
				if len(table.clients.entries) > maxClients {
					t.Errorf("%d clients are counted", len(table.clients.entries))
				}
			})
		})
	}
}

// Lines of the log are counted for each client and window.
func TestLines(t *testing.T) {
	table := NewTable()
	for n := range 7 {
		if got, known := table.Lines(street(1), 1, false); got != n+1 || known {
			t.Errorf("line %d is number %d, known: %v", n+1, got, known)
		}
	}
	for _, first := range []struct {
		client Client
		window uint16
		served bool
	}{{street(1), 1, true}, {street(2), 1, false}, {street(1), 2, false}, {street(1), 2, true}} {
		if got, _ := table.Lines(first.client, first.window, first.served); got != 1 {
			t.Errorf("the first of %v is number %d", first, got)
		}
	}
}
